import type { RecordTable } from './record-table.ts';

/** Whoever reads. Exactly one of the two is called, once. */
export type Reader = {
  /** The records, complete up to the read. */
  readonly synchronised: (records: RecordTable) => void;
  readonly refused: (reason: ReadRefusal) => void;
};

/** Why a read is not answered. Each passes by itself, so that another try is worth it. */
export type ReadRefusal = 'not-synchronised' | 'session-ended' | 'waited-too-long' | 'too-many-waiting';

/** Reads that wait for an acknowledgement, in the order in which they came. */
export type WaitingReads = {
  /** Waits for the acknowledgement of this keep-alive or of a later one, which is not earlier than that of the read before. */
  add(reader: Reader, keepAlive: number, nowMs: number): void;
  answerUpTo(keepAlive: number, records: RecordTable): void;
  refuseAll(): void;
  refuseOverdue(nowMs: number): void;
  /** When the first one will have waited for too long; null when none waits. */
  overdueAtMs(): number | null;
  /** The latest keep-alive that one waits for; 0 when none does. */
  lastKeepAlive(): number;
  count(): number;
};

export type WaitingReadsOptions = { readonly waitMaxMs: number; readonly waitingReadsMax: number };

type WaitingRead = { readonly reader: Reader; readonly keepAlive: number; readonly sinceMs: number };

export function createWaitingReads({ waitMaxMs, waitingReadsMax }: WaitingReadsOptions): WaitingReads {
  let reads: WaitingRead[] = [];
  /**
   * Takes those before the first one that stays. They are taken before any of their readers is told, since
   * that one may read again at once.
   */
  const takeUntil = (stays: (read: WaitingRead) => boolean): WaitingRead[] => {
    const first = reads.findIndex(stays);
    const taken = first === -1 ? reads : reads.slice(0, first);
    reads = first === -1 ? [] : reads.slice(first);
    return taken;
  };
  return {
    add(reader, keepAlive, nowMs) {
      if (reads.length >= waitingReadsMax) reader.refused('too-many-waiting');
      else reads.push({ reader, keepAlive, sinceMs: nowMs });
    },
    answerUpTo(keepAlive, records) {
      for (const { reader } of takeUntil((read) => read.keepAlive > keepAlive)) reader.synchronised(records);
    },
    refuseAll() {
      for (const { reader } of takeUntil(() => false)) reader.refused('session-ended');
    },
    refuseOverdue(nowMs) {
      const overdue = takeUntil(({ sinceMs }) => sinceMs + waitMaxMs > nowMs);
      for (const { reader } of overdue) reader.refused('waited-too-long');
    },
    overdueAtMs: () => (reads[0] === undefined ? null : reads[0].sinceMs + waitMaxMs),
    lastKeepAlive: () => reads.at(-1)?.keepAlive ?? 0,
    count: () => reads.length,
  };
}
