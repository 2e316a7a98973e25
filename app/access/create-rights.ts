import { setTimeout as wait } from 'node:timers/promises';
import { createSystemClock } from '../clock.ts';
import type { Storage } from '../storage/postgres.ts';
import type { LastHidings, RightsChanges } from './access-rights.ts';
import { createKnownRights } from './known-rights.ts';
import type { KnownRights, KnownRightsParts } from './known-rights.ts';
import { createRightsChanges } from './rights-changes.ts';
import { createRightsMemory, relationsMax } from './rights-memory.ts';
import type { RightsMemoryParts } from './rights-memory.ts';
import { createChangeStore, createReplicaStore } from './rights-store.ts';
import type { Replica } from './rights-store.ts';

export type Rights = {
  readonly known: KnownRights;
  readonly changes: RightsChanges;
  /** As far as this replica has heard, whether or not it may answer. */
  readonly lastHidings: () => LastHidings;
};

export type RightsParts = Pick<KnownRightsParts, 'leaseMs' | 'runInBackground'> & {
  readonly storage: Storage;
  /**
   * This replica, with an id that it has only until its process ends: one that is started anew is another replica.
   */
  readonly replica: Replica;
  readonly remembered: RightsMemoryParts;
};

/** Joins what a replica knows of rights with what changes them. */
export function createRights({
  storage,
  replica,
  remembered,
  leaseMs,
  runInBackground,
}: RightsParts): Rights {
  const memory = createRightsMemory(remembered);
  // Real time, and not that of a world, which may stand still while its processes live.
  const clock = createSystemClock();
  const known = createKnownRights({
    memory,
    clock,
    storage,
    leaseMs,
    runInBackground,
    store: createReplicaStore(replica, 2 * relationsMax),
  });
  const changes = createRightsChanges({
    memory,
    clock,
    leaseMs,
    store: createChangeStore(storage),
    wait: (ms) => wait(ms),
  });
  return { known, changes, lastHidings: memory.lastHidings };
}
