import type { KeepAlives } from './keep-alives.ts';
import type { GatewayMessage, StreamMessage } from './messages.ts';
import type { SessionRecords } from './session-records.ts';
import type { WaitingReads } from './waiting-reads.ts';

/** The sessions of a gateway with whoever leads, one at a time. */
export type LeaderSessions = {
  /** A connection is open. Whatever came before it is over: an earlier session changes nothing any more. */
  open(end: SessionEnd, nowMs: number): Session;
  end(reason: SessionEndReason): void;
  /** Whether there is one, and its snapshot has arrived. */
  isSynchronised(): boolean;
  /** When a keep-alive can be sent: null while there is nobody to send it to. */
  keepAliveAtMs(): number | null;
  sendIfDue(nowMs: number): void;
  /** When the leader will have been silent for too long; null without a session. */
  silentAtMs(): number | null;
  /**
   * When the keep-alive was sent that was acknowledged last: the records are no older than that. Null as long as none
   * was acknowledged.
   */
  vouchedAtMs(): number | null;
  knowEpoch(epoch: number): void;
  epoch(): number;
};

export type Session = {
  receive(message: StreamMessage, nowMs: number): void;
  /** The connection is gone. */
  lose(): void;
};

/** What a session needs of its connection. */
export type SessionEnd = {
  readonly send: (message: GatewayMessage) => void;
  /** The connection must be closed, unless it is gone already. Called once. */
  readonly ended: (reason: SessionEndReason) => void;
};

/**
 * `lost`: the connection is gone. `replaced`: another one was opened. `older-epoch`: its leader leads no more. `silent`: nothing was
 * acknowledged for longer than `silentMaxMs`, or nothing came of a snapshot. `protocol`: the leader said what it may not say at this point.
 */
export type SessionEndReason = 'lost' | 'replaced' | 'older-epoch' | 'silent' | 'protocol';

/** What a session feeds, and how long its leader may be silent. */
export type SessionParts = {
  readonly records: SessionRecords;
  readonly keepAlives: KeepAlives;
  readonly reads: WaitingReads;
  readonly silentMaxMs: number;
};

/** `epoch` is 0 until the snapshot begins, which names it. */
type OpenSession = SessionEnd & { epoch: number; heardAtMs: number };

/** What outlives a session: the latest epoch, and when that keep-alive was sent which was acknowledged last. */
type Known = { epoch: number; vouchedAtMs: number | null };

export function createLeaderSessions(parts: SessionParts): LeaderSessions {
  const { records, keepAlives, reads, silentMaxMs } = parts;
  const known: Known = { epoch: 0, vouchedAtMs: null };
  let session: OpenSession | null = null;

  const end = (reason: SessionEndReason): void => {
    const ending = session;
    session = null;
    records.startOver();
    keepAlives.forgetSent();
    reads.refuseAll();
    ending?.ended(reason);
  };
  const isSynchronised = (): boolean => session !== null && records.isComplete();
  const keepAliveAtMs = (): number | null =>
    isSynchronised() ? keepAlives.dueAtMs(reads.lastKeepAlive() > keepAlives.lastId()) : null;
  const sendIfDue = (nowMs: number): void => {
    const dueAtMs = keepAliveAtMs();
    if (dueAtMs !== null && dueAtMs <= nowMs) session?.send(keepAlives.send(nowMs));
  };
  const open = (sessionEnd: SessionEnd, openedAtMs: number): Session => {
    if (session !== null) end('replaced');
    const own: OpenSession = { ...sessionEnd, epoch: 0, heardAtMs: openedAtMs };
    session = own;
    return {
      receive(message, nowMs) {
        if (session !== own) return;
        own.heardAtMs = nowMs;
        const reason = obey(message, own, known, parts);
        if (reason !== null) end(reason);
        else if (message.type === 'snapshot-end') sendIfDue(nowMs);
      },
      lose: () => {
        if (session === own) end('lost');
      },
    };
  };
  return {
    open,
    end,
    isSynchronised,
    keepAliveAtMs,
    sendIfDue,
    silentAtMs() {
      if (session === null) return null;
      const sinceMs = records.isComplete() ? keepAlives.unansweredSinceMs() : session.heardAtMs;
      return sinceMs === null ? null : sinceMs + silentMaxMs;
    },
    vouchedAtMs: () => known.vouchedAtMs,
    knowEpoch(epoch) {
      known.epoch = Math.max(known.epoch, epoch);
      if (session !== null && session.epoch > 0 && session.epoch < known.epoch) end('older-epoch');
    },
    epoch: () => known.epoch,
  };
}

/** Does what the message says. Null, or why the session cannot go on. */
function obey(
  message: StreamMessage,
  session: OpenSession,
  known: Known,
  { records, keepAlives, reads }: SessionParts,
): SessionEndReason | null {
  switch (message.type) {
    case 'snapshot-begin':
      if (message.epoch < known.epoch) return 'older-epoch';
      known.epoch = message.epoch;
      session.epoch = message.epoch;
      return records.beginSnapshot() ? null : 'protocol';
    case 'snapshot-end':
      return message.epoch === session.epoch && records.endSnapshot() ? null : 'protocol';
    case 'ack': {
      const table = records.visible();
      const sentAtMs = keepAlives.acknowledge(message.keepAlive);
      if (sentAtMs === null || table === null) return 'protocol';
      known.vouchedAtMs = sentAtMs;
      reads.answerUpTo(message.keepAlive, table);
      return null;
    }
    case 'dummy':
      return records.isComplete() ? null : 'protocol';
    default:
      return records.change(message) ? null : 'protocol';
  }
}
