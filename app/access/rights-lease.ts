import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import type { Queries } from '../storage/statement.ts';
import { rightsUnknown } from './access-rights.ts';
import type { RightsListener } from './access-rights.ts';
import type { RightsChange } from './rights-change.ts';
import type { RightsMemory } from './rights-memory.ts';
import { changesAtOnceMax } from './rights-store.ts';
import type { ReplicaStore } from './rights-store.ts';

/**
 * The share of its lease for which a replica answers from memory. Others forget a replica only after a whole lease,
 * since clocks do not all run equally fast.
 */
const usedShare = 0.9;

export type LeaseParts = {
  readonly memory: RightsMemory;
  readonly store: ReplicaStore;
  /** Monotonic, and never that of a world: a lease is about processes, which stand still and die in real time. */
  readonly clock: Clock;
  /**
   * How long a replica may answer from memory after it last asked whether something has changed. The longer, the longer an outage of
   * storage is survived by what is cached, and the longer a change waits for a replica that has died without a word.
   */
  readonly leaseMs: number;
};

/**
 * Keeps the rights in memory true: reads them once, then every change in the order of commits. A renewal asks for what has changed and
 * says how far this replica is, in one statement; what it brings is applied before the lease is longer. The lease is counted from the
 * moment at which the question was sent, so that no change that was committed before it can be missing. A process that was stopped
 * finds its lease ended when it wakes up.
 */
export function createLease({ memory, store, clock, leaseMs }: LeaseParts) {
  const ownLeaseMs = usedShare * leaseMs;
  const listeners: RightsListener[] = [];
  let endsAtMs = Number.NEGATIVE_INFINITY;
  /** Null: nothing has been read yet, others have forgotten this replica, or it has given up. */
  let number: number | null = null;
  /** Until when it does not read the rights again, after it has given up. */
  let restsUntilMs = Number.NEGATIVE_INFINITY;

  /**
   * Refuses from now on, and leaves, so that no change of rights waits for this replica: one that renews its
   * lease but can apply nothing would hold up all of them. Then it rests, since reading all rights again and
   * again helps nobody.
   */
  const giveUp = async (own: Queries, why: unknown): Promise<never> => {
    number = null;
    endsAtMs = Number.NEGATIVE_INFINITY;
    restsUntilMs = clock.now() + leaseMs;
    await store.leave(own);
    throw why;
  };
  const join = async (own: Queries): Promise<boolean> => {
    const askedAtMs = clock.now();
    const snapshot = await store.join(own);
    if (snapshot === undefined) return true;
    if (snapshot === null) return giveUp(own, tooMany());
    memory.replace(snapshot);
    for (const { replaced } of listeners) replaced();
    number = snapshot.number;
    endsAtMs = askedAtMs + ownLeaseMs;
    return true;
  };
  const applyAll = async (own: Queries, changes: readonly RightsChange[]): Promise<void> => {
    const newlyPrivate = changes.filter(({ kind }) => kind === 'private').map(({ personId }) => personId);
    const followers = await store.followersOf(own, newlyPrivate);
    for (const change of changes) {
      memory.apply(change, followers);
      for (const { changed } of listeners) changed(change);
      number = change.number;
    }
  };
  return {
    endsAtMs: () => endsAtMs,
    listen: (listener: RightsListener) => void listeners.push(listener),
    /** Whether there is more to ask or to say at once. */
    async renew(own: Queries): Promise<boolean> {
      const askedAtMs = clock.now();
      if (number === null) return askedAtMs >= restsUntilMs && (await join(own));
      const changes = await store.renew(own, number).catch((error: unknown) => {
        if (isNotUnderstood(error)) return giveUp(own, error);
        throw error;
      });
      if (changes === undefined) {
        number = null;
        return true;
      }
      await applyAll(own, changes);
      if (changes.length < changesAtOnceMax) endsAtMs = askedAtMs + ownLeaseMs;
      return changes.length > 0;
    },
  };
}

const tooMany = () => rightsUnknown('There are more blocks and private follows than one replica may keep.');

/**
 * Whether an error says that a change is of a kind which only a later release knows, so that asking again does not
 * help. Other errors come from storage, and may pass before the lease ends.
 */
const isNotUnderstood = (error: unknown): boolean =>
  error instanceof DarkroomError && error.code === 'RIGHTS_UNKNOWN';
