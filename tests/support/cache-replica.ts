import { assembleCache } from '../../app/cache/assemble-cache.ts';
import type { Cache } from '../../app/cache/cache.ts';
import type { CacheEvent } from '../../app/cache/cache-events.ts';
import type { Candidate } from '../../app/cache/candidate.ts';
import { createInvalidationBus } from '../../app/cache/invalidation-bus.ts';
import type { InvalidationBus } from '../../app/cache/invalidation-bus.ts';
import type { Tier } from '../../app/cache/tiers/tier.ts';
import type { Clock } from '../../app/clock.ts';
import type { BusConnection, BusNetwork } from './bus-network.ts';

/** The cache of one process of a service, with its bus in the test's hands. */
export type Replica = {
  readonly cache: Cache;
  readonly events: CacheEvent[];
  readonly connection: BusConnection;
  /** A heartbeat; nothing where the candidate has no bus. */
  beat(): void;
};

export type ReplicaOptions = {
  readonly candidate: Candidate;
  readonly clock: Clock;
  readonly far: Tier | null;
  readonly network: BusNetwork;
  readonly sender: string;
};

/** Joined like the real one. It has heard itself, so its memory tier takes entries. */
export function createReplica({ candidate, clock, far, network, sender }: ReplicaOptions): Replica {
  const events: CacheEvent[] = [];
  const observe = (event: CacheEvent) => void events.push(event);
  const connection = network.connect();
  let bus: InvalidationBus | undefined;
  const cache = assembleCache({
    candidate,
    clock,
    observe,
    random: () => 0,
    far: candidate.tiers.includes('redis') ? far : null,
    createBus:
      candidate.invalidation !== 'pubsub'
        ? null
        : (listener) => {
            bus = createInvalidationBus({
              ...connection,
              channel: 'invalidations',
              sender,
              listener,
              observe,
              now: clock.now,
              runInBackground: (_, task) => void task,
            });
            return bus;
          },
  });
  bus?.beat();
  return { cache, events, connection, beat: () => bus?.beat() };
}
