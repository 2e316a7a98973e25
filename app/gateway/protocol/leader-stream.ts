import { bytesOf } from './messages.ts';
import type { GatewayMessage, LeaderEvent, StreamMessage } from './messages.ts';
import type { KeptRecord } from './record-table.ts';

/**
 * The leader's end of one connection to a gateway: what is to be sent, in which order. It holds no socket: whoever does asks for the next
 * message when the connection takes one, so that what a slow gateway does not take waits here, where it is counted.
 *
 * An acknowledgement is never put into the queue. It is given out right after an event whose stamp is past the arrival of its keep-alive:
 * only then has everything gone before it that happened before the keep-alive came.
 */
export type LeaderStream = {
  /** Takes what happened, in the order in which it did. */
  append(event: LeaderEvent): void;
  /** A keep-alive has arrived, `at` by the leader's logical clock: the stamp of the last event before it. */
  receive(message: GatewayMessage, at: number): void;
  /** The next message for the connection; null when there is none. */
  next(): StreamMessage | null;
  /** Whether a keep-alive waits for an event that has not happened yet: without a change, the leader gives it a dummy event. */
  needsDummy(): boolean;
  /** What waits behind the snapshot. */
  queuedBytes(): number;
  /** Why the connection must be closed, or null. Nothing more is given out then. */
  cutReason(): CutReason | null;
};

/** The gateway takes less than happens; or this process is no longer sure that it leads, and so must not vouch for anything. */
export type CutReason = 'slow' | 'not-leading';

export type LeaderStreamOptions = {
  readonly epoch: number;
  /** All records, and the stamp of the last event that is in them. */
  readonly snapshot: readonly KeptRecord[];
  readonly at: number;
  /**
   * How many bytes may wait behind the snapshot, which may be of any size. A gateway with more is cut off, and begins
   * again with a snapshot.
   */
  readonly queuedBytesMax: number;
  /** Whether nobody else can lead at this moment, by the lease. */
  readonly isLeading: () => boolean;
};

export function createLeaderStream(options: LeaderStreamOptions): LeaderStream {
  const { queuedBytesMax, isLeading } = options;
  const snapshot = snapshotMessages(options);
  const arrived = createArrivedKeepAlives();
  const queue = createEventQueue();
  let lastAt = options.at;
  /** The stamp of the last event that was given out. */
  let sentAt = -1;
  let cut: CutReason | null = null;
  const end = (reason: CutReason): null => {
    cut = reason;
    queue.clear();
    return null;
  };
  return {
    append(event) {
      if (cut !== null) return;
      lastAt = event.at;
      queue.push(event);
      if (queue.bytes() > queuedBytesMax) end('slow');
    },
    receive: ({ id }, at) => arrived.add(id, at),
    next() {
      if (cut !== null) return null;
      const ofSnapshot = snapshot.next();
      if (!ofSnapshot.done) {
        if (ofSnapshot.value.type === 'snapshot-end') sentAt = options.at;
        return ofSnapshot.value;
      }
      const id = arrived.takeLatestBefore(sentAt);
      // Asked after the arrival: whoever leads now has made every change that was acknowledged before the keep-alive was sent.
      if (id !== null) return isLeading() ? { type: 'ack', keepAlive: id, at: sentAt } : end('not-leading');
      const event = queue.take();
      sentAt = event?.at ?? sentAt;
      return event?.message ?? null;
    },
    needsDummy: () => cut === null && arrived.latestAt() >= lastAt,
    queuedBytes: queue.bytes,
    cutReason: () => cut,
  };
}

/** One by one, so that a snapshot is never in memory a second time as messages. */
function* snapshotMessages({ epoch, snapshot, at }: LeaderStreamOptions): Generator<StreamMessage, void> {
  yield { type: 'snapshot-begin', epoch };
  for (const { key, version, json } of snapshot) yield { type: 'record', key, version, json };
  yield { type: 'snapshot-end', epoch, at };
}

/** Older ones may be forgotten: whatever acknowledges a later one acknowledges them. */
const keepAlivesMax = 1_000;

/** The keep-alives that are not acknowledged, with the leader's own stamps of their arrival. */
function createArrivedKeepAlives() {
  const waiting: { readonly id: number; readonly at: number }[] = [];
  return {
    add(id: number, at: number): void {
      waiting.push({ id, at });
      if (waiting.length > keepAlivesMax) waiting.shift();
    },
    latestAt: (): number => waiting.at(-1)?.at ?? -1,
    /** The latest that arrived before an event of this stamp; it answers the earlier ones, too. Null when none did. */
    takeLatestBefore(eventAt: number): number | null {
      let eligible = null;
      let count = 0;
      for (const { id, at } of waiting) {
        if (at >= eventAt) break;
        eligible = id;
        count += 1;
      }
      if (count > 0) waiting.splice(0, count);
      return eligible;
    },
  };
}

/** Places that were taken are given back so many at a time: to move all that wait for each one would cost more than sending them. */
const placesAtOnce = 1_000;

/** Events in their order, and how many bytes they are. */
function createEventQueue() {
  let events: LeaderEvent[] = [];
  let taken = 0;
  let bytes = 0;
  return {
    push(event: LeaderEvent): void {
      events.push(event);
      bytes += bytesOf(event.message);
    },
    take(): LeaderEvent | null {
      const event = events[taken];
      if (event === undefined) return null;
      taken += 1;
      bytes -= bytesOf(event.message);
      if (taken === placesAtOnce || taken === events.length) {
        events = events.slice(taken);
        taken = 0;
      }
      return event;
    },
    clear(): void {
      events = [];
      taken = 0;
      bytes = 0;
    },
    bytes: (): number => bytes,
  };
}
