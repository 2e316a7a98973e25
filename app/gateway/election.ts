import type { Clock } from '../clock.ts';
import { pause } from '../storage/keep-trying.ts';
import type { LeaseStore, Taken } from './lease-store.ts';
import { createHeldLease, createLeaseWatch } from './protocol/lease.ts';
import type { LeaseWatch } from './protocol/lease.ts';

/** The time for which a process leads. */
export type Term = Taken & {
  /** Whether nobody else can lead now. */
  readonly isHeld: () => boolean;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
  /** Ends the term early: what this process has in memory may differ from what storage has. */
  readonly end: () => void;
};

export type ElectionParts = {
  /** The lease in storage, over a connection of its own: a renewal must not wait behind the writes of others. */
  readonly store: LeaseStore;
  /** Monotonic, and running on while the process is stopped. */
  readonly clock: Clock;
  /** A name that this process has only until it ends: started again, it has another one. */
  readonly holder: string;
  readonly address: string;
  readonly leaseMs: number;
  /** Leads until the signal of the term. What it throws ends the term. */
  readonly lead: (term: Term) => Promise<void>;
  /** Somebody else may lead. */
  readonly onStandBy: () => void;
  readonly onTrouble: (what: string, reason: unknown) => void;
};

export type Election = {
  /** Gives up what is held, and stands no more. */
  stop(): Promise<void>;
};

/** A lease is renewed so often before it would run out. */
const renewalsPerLease = 4;
/**
 * How many times within a lease a process that stands by looks whether the row is still renewed. A renewal that has
 * failed is tried again after the same pause.
 */
const looksPerLease = 16;

/** Stands for leadership until it is stopped: takes the lease when it has run out, leads, renews, and stands by again when it is lost. */
export function startElection(parts: ElectionParts): Election {
  const stopping = new AbortController();
  const running = stand(parts, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Rejects nothing. */
async function stand(parts: ElectionParts, signal: AbortSignal): Promise<void> {
  const watch = createLeaseWatch(parts.leaseMs, parts.holder);
  while (!signal.aborted) {
    try {
      const taken = await tryToTake(parts, watch);
      if (taken === null) parts.onStandBy();
      else await hold(parts, taken, signal);
    } catch (error) {
      parts.onTrouble('the lease could not be asked for', error);
    }
    await pause(parts.leaseMs / looksPerLease, signal);
  }
}

type TakenThen = Taken & { readonly askedAtMs: number };

/** Null: somebody may lead. */
async function tryToTake(
  { store, clock, holder, address }: ElectionParts,
  watch: LeaseWatch,
): Promise<TakenThen | null> {
  const row = await store.see();
  const askedAtMs = clock.now();
  if (row !== undefined) watch.see(row, askedAtMs);
  const overdue = watch.overdueRow(askedAtMs);
  if (row !== undefined && overdue === null) return null;
  const taken = await (overdue === null
    ? store.begin(holder, address)
    : store.take(overdue, holder, address));
  return taken === null ? null : { ...taken, askedAtMs };
}

/** Leads and renews, until the lease is lost or given up. */
async function hold(parts: ElectionParts, taken: TakenThen, stopped: AbortSignal): Promise<void> {
  const { store, clock, leaseMs, lead, onTrouble } = parts;
  const { epoch, isFilled, askedAtMs } = taken;
  const lease = createHeldLease(leaseMs);
  lease.confirm(askedAtMs);
  const lost = new AbortController();
  const signal = AbortSignal.any([stopped, lost.signal]);
  const end = (): void => lost.abort();
  const isHeld = (): boolean => !signal.aborted && lease.isHeld(clock.now());
  const leading = lead({ epoch, isFilled, isHeld, signal, end }).catch((error: unknown) => {
    if (!signal.aborted) onTrouble('leading has failed', error);
    end();
  });
  for (let attemptsPerLease = renewalsPerLease; !signal.aborted;) {
    await pause(leaseMs / attemptsPerLease, signal);
    if (signal.aborted) break;
    const sentAtMs = clock.now();
    try {
      if (await store.renew(epoch)) lease.confirm(sentAtMs);
      else end();
      attemptsPerLease = renewalsPerLease;
    } catch (error) {
      onTrouble('the lease could not be renewed', error);
      attemptsPerLease = looksPerLease;
    }
    if (!isHeld()) end();
  }
  await leading;
  await store.release(epoch).catch(() => {});
}
