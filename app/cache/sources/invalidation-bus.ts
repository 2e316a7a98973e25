import type { CommandConnection, SubscriberConnection } from '../../redis/redis-connection.ts';
import type { CacheObserver, DeliveryChange } from '../cache-events.ts';
import type { InvalidationListener, InvalidationSender } from './invalidation-source.ts';
import { entityNameOf } from '../keys.ts';

/** How often each replica says how many messages it has sent. A loss is noticed within this time. */
export const heartbeatMs = 1_000;
/** A replica that has not heard its own heartbeat for this long cannot trust the connection. */
export const silenceMs = 3 * heartbeatMs;
/** Senders remembered at once; the replicas of a service are few. */
const sendersMax = 1_000;

/** Tells the other replicas which keys were written. At most once, but a loss is noticed. */
export type InvalidationBus = InvalidationSender & {
  /** One heartbeat, and the check that the last ones were heard. Called by a timer. */
  beat(): void;
  close(): Promise<void>;
};

export type InvalidationBusOptions = {
  readonly publisher: CommandConnection;
  readonly subscriber: SubscriberConnection;
  readonly channel: string;
  /** Unique for each start of a process: its messages are numbered from 1. */
  readonly sender: string;
  readonly listener: Omit<InvalidationListener, 'onChange'>;
  readonly observe: CacheObserver;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Of the write that is being made, as W3C traceparent; undefined where it is not traced. */
  readonly traceparent?: () => string | undefined;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

/** On the wire. A heartbeat has no key and repeats the number of the last message. */
type Message = {
  readonly s: string;
  readonly n: number;
  readonly k?: string;
  readonly v?: number;
  /** When it left, in milliseconds since 1970, and the trace context of the write, where that is traced. */
  readonly t?: number;
  readonly p?: string;
};

function parseMessage(text: string): Message | null {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null) return null;
    const { s, n, k, v, t, p } = message as Record<string, unknown>;
    if (typeof s !== 'string' || typeof n !== 'number') return null;
    if (k === undefined) return { s, n };
    if (typeof k !== 'string' || typeof v !== 'number') return null;
    return { s, n, k, v, ...(typeof t === 'number' && { t }), ...(typeof p === 'string' && { p }) };
  } catch {
    return null;
  }
}

/**
 * Redis pub/sub with numbered messages. Pub/sub forgets: whoever is not connected misses what is sent. So each sender
 * counts, and a receiver that sees a number missing says `loss-noticed`; a lost connection is `disconnected`, and `resumed` when
 * the receiver hears its own heartbeat again.
 */
export function createInvalidationBus(options: InvalidationBusOptions): InvalidationBus {
  const { subscriber, sender, listener, observe } = options;
  const send = createSend(options);
  const lastNumberOf = new Map<string, number>();
  let sent = 0;
  let heardOwnAtMs = options.now();
  let isDisconnected = true;

  const tell = (change: DeliveryChange): void => {
    observe.happened({ type: 'delivery', change });
    listener.onDelivery(change);
  };
  const disconnected = (): void => {
    if (isDisconnected) return;
    isDisconnected = true;
    tell('disconnected');
  };
  const resumed = (): void => {
    if (!isDisconnected) return;
    isDisconnected = false;
    tell('resumed');
  };
  const receive = (text: string): void => {
    const message = parseMessage(text);
    if (message === null) return;
    if (message.s === sender) {
      heardOwnAtMs = options.now();
      resumed();
      return;
    }
    // All messages of a sender that is new here may have been missed, so it counts as one that was last heard at 0.
    const expected = (lastNumberOf.get(message.s) ?? 0) + (message.k === undefined ? 0 : 1);
    if (lastNumberOf.size >= sendersMax) lastNumberOf.clear();
    lastNumberOf.set(message.s, message.n);
    if (message.n !== expected) tell('loss-noticed');
    if (message.k !== undefined && message.v !== undefined) {
      tellReceived(options, message.k, message);
      listener.onInvalidation(message.k, message.v);
    }
  };
  subscriber.on('message', (_, text: string) => receive(text));
  subscriber.on('close', disconnected);
  return {
    publish(key, version) {
      sent += 1;
      const p = options.traceparent?.();
      const message = {
        s: sender,
        n: sent,
        k: key,
        v: version,
        t: options.wallNow(),
        ...(p !== undefined && { p }),
      };
      options.runInBackground('publish invalidation', send(message));
    },
    beat() {
      if (options.now() - heardOwnAtMs > silenceMs) disconnected();
      options.runInBackground('publish heartbeat', send({ s: sender, n: sent }));
    },
    async close() {
      subscriber.removeListener('close', disconnected);
      subscriber.disconnect();
      options.publisher.disconnect();
    },
  };
}

function tellReceived({ observe, wallNow }: InvalidationBusOptions, key: string, { t, p }: Message): void {
  observe.happened({
    type: 'invalidation',
    name: entityNameOf(key),
    outcome: 'received',
    // The clocks of two machines may differ by more than a message takes.
    ...(t !== undefined && { lagMs: Math.max(0, wallNow() - t) }),
    ...(p !== undefined && { traceparent: p }),
  });
}

/** Sends a message, and tells whether it could; never rejects. */
function createSend({ publisher, channel, observe }: InvalidationBusOptions) {
  const tell = ({ k }: Message, outcome: 'sent' | 'failed'): void => {
    if (k !== undefined) observe.happened({ type: 'invalidation', name: entityNameOf(k), outcome });
  };
  return async (message: Message): Promise<void> => {
    try {
      await publisher.publish(channel, JSON.stringify(message));
    } catch {
      tell(message, 'failed');
      return;
    }
    tell(message, 'sent');
  };
}
