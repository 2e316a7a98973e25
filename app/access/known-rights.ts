import type { Storage } from '../storage/postgres.ts';
import type { Queries } from '../storage/statement.ts';
import { rightsUnknown } from './access-rights.ts';
import type { AccessRights, RightsLog } from './access-rights.ts';
import { createLease } from './rights-lease.ts';
import type { LeaseParts } from './rights-lease.ts';
import type { RightsMemory } from './rights-memory.ts';

/** Renewals within a lease: three may be missed. */
const renewalsPerLease = 5;
/** A service starts even if storage is away: it refuses until it knows. */
const startLimitMs = 3_000;

export type KnownRights = AccessRights &
  RightsLog & {
    /** Whether it may answer at this moment. */
    isKnown(): boolean;
    /** Questions that it has refused so far, since it could not know. */
    refusals(): number;
    /** Resolves when the rights are known, and also when they cannot be had for now. */
    start(): Promise<void>;
    /** Refuses from here on, and tells the others that nobody needs to wait for this replica. */
    stop(): Promise<void>;
  };

export type KnownRightsParts = LeaseParts & {
  readonly storage: Pick<Storage, 'listen'>;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

/**
 * The rights in memory, asked only while they are true. A connection of its own hears of changes; a lease asks for them, also when
 * nothing was heard for a while.
 */
export function createKnownRights(parts: KnownRightsParts): KnownRights {
  const { memory, clock, storage, runInBackground } = parts;
  const lease = createLease(parts);
  let own: Queries | null = null;
  let isAttending = false;
  let isWanted = false;
  let isStopped = false;
  let refusals = 0;
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();

  /** Renews the lease. Only one renewal runs at a time; a notification that comes meanwhile leads to another one. */
  const attend = async (): Promise<void> => {
    if (isAttending) return;
    isAttending = true;
    try {
      while (isWanted && own !== null && !isStopped) {
        isWanted = false;
        if (await lease.renew(own)) isWanted = true;
      }
    } finally {
      isAttending = false;
      begin();
    }
  };
  const wake = (): void => {
    isWanted = true;
    if (own !== null && !isStopped) runInBackground('access rights', attend());
  };
  const requireKnown = (): void => {
    if (!isStopped && clock.now() < lease.endsAtMs()) return;
    refusals += 1;
    throw unknownHere();
  };
  let listening: ReturnType<Storage['listen']> | undefined;
  let timer: NodeJS.Timeout | undefined;

  return {
    ...askedFirst(memory, requireKnown),
    isKnown: () => !isStopped && clock.now() < lease.endsAtMs(),
    refusals: () => refusals,
    requireKnown,
    listen: lease.listen,
    async start() {
      const listener = {
        notified: wake,
        resumed: (connection: Queries) => {
          own = connection;
          wake();
        },
        disconnected: () => {
          own = null;
          begin();
        },
      };
      // Renewals notice by themselves that the connection is lost.
      listening = storage.listen(channel, listener, parts.leaseMs);
      timer = setInterval(wake, parts.leaseMs / renewalsPerLease);
      const limit = setTimeout(begin, startLimitMs);
      await begun;
      clearTimeout(limit);
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      // Where storage is away, a change waits for the lease instead.
      if (own !== null) await parts.store.leave(own).catch(() => {});
      await listening?.stop();
    },
  };
}

const channel = 'darkroom_access';
const unknownHere = () =>
  rightsUnknown('This replica cannot know who may see what at the moment; try again, or another one.');

/** The rights in memory, with `first` called before each question. */
function askedFirst(memory: RightsMemory, first: () => void): AccessRights {
  return {
    maySee(viewerId, ownerId) {
      first();
      return memory.maySee(viewerId, ownerId);
    },
    mayMeet(viewerId, personId) {
      first();
      return memory.mayMeet(viewerId, personId);
    },
    seesEverybody(viewerId) {
      first();
      return memory.seesEverybody(viewerId);
    },
    isPrivate(personId) {
      first();
      return memory.isPrivate(personId);
    },
  };
}
