import { setImmediate } from 'node:timers/promises';
import { assembleCache } from '../../app/cache/assemble-cache.ts';
import type { CacheParts } from '../../app/cache/assemble-cache.ts';
import type { Cache } from '../../app/cache/cache.ts';
import type { ClassPolicies } from '../../app/cache/settings/class-policies.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import { createInvalidationBus } from '../../app/cache/sources/invalidation-bus.ts';
import type {
  InvalidationListener,
  InvalidationSource,
} from '../../app/cache/sources/invalidation-source.ts';
import { tiersOf } from '../../app/cache/tiers/index.ts';
import type { Clock } from '../../app/clock.ts';
import type { BusConnection, BusNetwork } from './bus-network.ts';
import { recordEvents } from './recorded-events.ts';
import type { RecordedEvent } from './recorded-events.ts';
import type { SharedTier } from '../../app/cache/tiers/tier.ts';

/** The cache of one process of a service, with its bus in the test's hands. */
export type Replica = {
  readonly cache: Cache;
  readonly events: RecordedEvent[];
  readonly connection: BusConnection;
  /** A heartbeat; nothing where the candidate has no bus. */
  beat(): void;
};

export type ReplicaOptions = {
  readonly candidate: CacheSettings;
  readonly clock: Clock;
  readonly shared: SharedTier | null;
  readonly network: BusNetwork;
  readonly sender: string;
  readonly random?: () => number;
  readonly policies?: ClassPolicies;
  readonly wait?: (ms: number) => Promise<void>;
  /** Made by the test, for candidates that something else than the bus tells of writes. */
  readonly createSource?: (listener: InvalidationListener) => InvalidationSource;
  /** Made by the test, for candidates whose writes may wait. */
  readonly createQueue?: CacheParts['createQueue'];
  /** Joins the parts otherwise: with one of them broken. */
  readonly assemble?: (parts: CacheParts) => Pick<ReturnType<typeof assembleCache>, 'cache'>;
};

/** Joined like the real one. It has heard itself, so its memory tier takes entries. */
export function createReplica(options: ReplicaOptions): Replica {
  const { candidate, clock, shared, network, sender } = options;
  const events: RecordedEvent[] = [];
  const connection = network.connect();
  let beat = (): void => {};
  const createBus = (listener: InvalidationListener): InvalidationSource => {
    const bus = createInvalidationBus({
      ...connection,
      channel: 'invalidations',
      sender,
      listener,
      observe: recordEvents(events),
      now: clock.now,
      wallNow: clock.now,
      runInBackground: (_, task) => void task,
    });
    beat = () => bus.beat();
    return { sender: bus, start: async () => {}, stop: () => bus.close() };
  };
  const { cache } = (options.assemble ?? assembleCache)({
    candidate,
    clock,
    observe: recordEvents(events),
    random: options.random ?? (() => 0),
    runInBackground: (_, task) => void task,
    wait: options.wait ?? (() => setImmediate()),
    ...(options.policies !== undefined && { policies: options.policies }),
    shared: tiersOf(candidate.tiers).shared === null ? null : shared,
    createQueue: options.createQueue ?? null,
    createSource: options.createSource ?? (candidate.invalidation === 'pubsub' ? createBus : null),
  });
  beat();
  return { cache, events, connection, beat: () => beat() };
}
