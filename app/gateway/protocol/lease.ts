/**
 * Who leads stands in one row of storage. Storage decides only what is written first; time is measured by each process with its own
 * monotonic clock, so that no clock that is set, and no difference between two clocks, lets two lead at once.
 *
 * Whoever leads renews the row, which counts the renewals, and relies on a renewal for nine tenths of a lease from when it was *sent*.
 * Whoever wants to lead takes over where it has seen the same row for a whole lease since the *answer* that showed it first: by then
 * the other one's nine tenths are over, unless one of the two clocks runs faster than the other by a tenth.
 */

/** The row. Every take-over raises the epoch, which is the fencing token of what is written under it. */
export type LeaseRow = {
  readonly epoch: number;
  readonly renewals: number;
  /**
   * The name of a process, which it has only until it ends: started again, it is somebody else. Null where the lease
   * was given up.
   */
  readonly holder: string | null;
};

const reliedShare = 0.9;

/** The lease of the process that holds it. */
export type HeldLease = {
  /** Storage has confirmed the take-over, or a renewal, that was sent then. */
  confirm(sentAtMs: number): void;
  /** Whether nobody else can lead now. */
  isHeld(nowMs: number): boolean;
};

export function createHeldLease(leaseMs: number): HeldLease {
  let confirmedAtMs = Number.NEGATIVE_INFINITY;
  return {
    confirm(sentAtMs) {
      confirmedAtMs = Math.max(confirmedAtMs, sentAtMs);
    },
    isHeld: (nowMs) => nowMs >= confirmedAtMs && nowMs - confirmedAtMs < leaseMs * reliedShare,
  };
}

/** What a process that wants to lead has seen of the row. */
export type LeaseWatch = {
  /** Storage has answered. */
  see(row: LeaseRow, nowMs: number): void;
  /** The row that may be taken over now, if it still is as it was seen; null: somebody may lead. */
  overdueRow(nowMs: number): LeaseRow | null;
};

export function createLeaseWatch(leaseMs: number, self: string): LeaseWatch {
  let seen: { readonly row: LeaseRow; readonly sinceMs: number } | null = null;
  return {
    see(row, nowMs) {
      if (
        seen?.row.epoch !== row.epoch ||
        seen.row.renewals !== row.renewals ||
        seen.row.holder !== row.holder
      )
        seen = { row, sinceMs: nowMs };
    },
    overdueRow(nowMs) {
      if (seen === null) return null;
      const { row, sinceMs } = seen;
      // Nobody leads by a row that was given up; nor does this process by its own, as long as it asks here.
      const isFree = row.holder === null || row.holder === self;
      return isFree || nowMs - sinceMs >= leaseMs ? row : null;
    },
  };
}
