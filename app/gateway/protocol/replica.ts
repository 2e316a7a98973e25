import { createKeepAlives } from './keep-alives.ts';
import type { KeepAliveOptions } from './keep-alives.ts';
import { createLeaderSessions } from './leader-sessions.ts';
import type { Session, SessionEnd } from './leader-sessions.ts';
import type { RecordTable } from './record-table.ts';
import { createSessionRecords } from './session-records.ts';
import { createWaitingReads } from './waiting-reads.ts';
import type { Reader, WaitingReadsOptions } from './waiting-reads.ts';

/**
 * A gateway's end: all records, fed by one session after another with whoever leads.
 *
 * A read is answered once the leader has acknowledged a keep-alive that was sent at or after it: then everything has arrived that was
 * acknowledged to anybody before the read began. The ids of keep-alives are the local logical time, so that no clock takes part in what
 * is right; the time that is passed in only says how often, how long and how old.
 *
 * When a session ends, reads are refused until another one has brought a whole snapshot. The records stay for stale reads until then.
 */
export type Replica = {
  /** A connection is open. Whatever came before it is over: an earlier session changes nothing any more. */
  openSession(end: SessionEnd, nowMs: number): Session;
  /** Tells the reader once; a refusal perhaps before this returns. */
  read(reader: Reader, nowMs: number): void;
  /** What there is, at once, and how old it is at most. */
  readStale(nowMs: number): StaleRead;
  /** Sends the keep-alive that is due, and ends what waits for too long. To be called at `wakeAtMs`, or when it is past. */
  tick(nowMs: number): void;
  /** When a tick will do something; null: not before something else happens. */
  wakeAtMs(): number | null;
  /** Somebody leads in this epoch, as storage says: a session of an earlier one is over. */
  knowEpoch(epoch: number): void;
  /** Whether a read would wait, and not be refused at once. */
  isSynchronised(): boolean;
  /** The latest that was heard of; 0 before. */
  epoch(): number;
  waitingReads(): number;
  /** How many records it has, however old they are. */
  records(): number;
  /** How old the records are at most; null as long as nobody has vouched for them. */
  stalenessMs(nowMs: number): number | null;
};

/** `empty`: no snapshot has arrived. `stale`: the records may be older than allowed, or nobody has vouched for them. */
export type StaleRead =
  | { readonly isAllowed: true; readonly records: RecordTable; readonly stalenessMs: number }
  | { readonly isAllowed: false; readonly reason: 'empty' | 'stale' };

export type ReplicaOptions = KeepAliveOptions &
  WaitingReadsOptions & {
    readonly stalenessMaxMs: number;
    readonly silentMaxMs: number;
    readonly createTable: () => RecordTable;
  };

export function createReplica(options: ReplicaOptions): Replica {
  const keepAlives = createKeepAlives(options);
  const reads = createWaitingReads(options);
  const records = createSessionRecords(options.createTable);
  const { silentMaxMs, stalenessMaxMs } = options;
  const sessions = createLeaderSessions({ records, keepAlives, reads, silentMaxMs });
  const { forward, backward } = createForwardTime();
  const stalenessMs = (nowMs: number): number | null => {
    const vouchedAtMs = sessions.vouchedAtMs();
    return vouchedAtMs === null ? null : forward(nowMs) - vouchedAtMs;
  };
  return {
    openSession(end, openedAtMs) {
      const session = sessions.open(end, forward(openedAtMs));
      return { ...session, receive: (message, nowMs) => session.receive(message, forward(nowMs)) };
    },
    read(reader, nowMs) {
      if (!sessions.isSynchronised()) return reader.refused('not-synchronised');
      const atMs = forward(nowMs);
      reads.add(reader, keepAlives.lastId() + 1, atMs);
      sessions.sendIfDue(atMs);
    },
    readStale(nowMs) {
      const table = records.visible();
      if (table === null) return { isAllowed: false, reason: 'empty' };
      const ageMs = stalenessMs(nowMs);
      if (ageMs === null || ageMs > stalenessMaxMs) return { isAllowed: false, reason: 'stale' };
      return { isAllowed: true, records: table, stalenessMs: ageMs };
    },
    tick(nowMs) {
      const atMs = forward(nowMs);
      reads.refuseOverdue(atMs);
      if ((sessions.silentAtMs() ?? Number.POSITIVE_INFINITY) <= atMs) sessions.end('silent');
      sessions.sendIfDue(atMs);
    },
    wakeAtMs() {
      const moments = [reads.overdueAtMs(), sessions.silentAtMs(), sessions.keepAliveAtMs()];
      const earliestMs = Math.min(...moments.filter((atMs) => atMs !== null));
      return earliestMs === Number.POSITIVE_INFINITY ? null : backward(earliestMs);
    },
    knowEpoch: sessions.knowEpoch,
    isSynchronised: sessions.isSynchronised,
    epoch: sessions.epoch,
    waitingReads: reads.count,
    records: () => records.visible()?.size ?? 0,
    stalenessMs,
  };
}

/** Time that stands still where the one that is passed in runs backwards, so that nothing is due in an hour because a clock was set. */
function createForwardTime(): { forward(nowMs: number): number; backward(forwardMs: number): number } {
  let lastMs = Number.NEGATIVE_INFINITY;
  let offsetMs = 0;
  return {
    forward(nowMs) {
      if (nowMs < lastMs) offsetMs += lastMs - nowMs;
      lastMs = nowMs;
      return nowMs + offsetMs;
    },
    backward: (forwardMs) => forwardMs - offsetMs,
  };
}
