import { createCircuitBreaker } from '../../app/redis/circuit-breaker.ts';
import { codecOf } from '../../app/cache/codec.ts';
import type {
  InvalidationListener,
  InvalidationSource,
} from '../../app/cache/sources/invalidation-source.ts';
import { parseSettings } from './parse-settings.ts';
import { entryScripts } from '../../app/cache/tiers/redis/entry-scripts.ts';
import { createRedisTier } from '../../app/cache/tiers/redis-tier.ts';
import { createTrackingConnection } from '../../app/cache/sources/tracking-connection.ts';
import { createBusNetwork } from './bus-network.ts';
import { createReplica } from './cache-replica.ts';
import type { Replica } from './cache-replica.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';
import { createHeldStorage } from './held-storage.ts';
import type { HeldStorage } from './held-storage.ts';
import { recordEvents } from './recorded-events.ts';
import type { RecordedEvent } from './recorded-events.ts';
import { createHeldTier } from './shared-tier.ts';
import type { HeldTier } from './shared-tier.ts';
import { patienceMs } from './test-redis-tier.ts';

/** A replica with a connection of its own, on which a real Redis tells it of the keys that it has read. */
export type TrackedReplica = Replica & {
  /** What its connection and its tier told. */
  readonly events: RecordedEvent[];
  readonly shared: HeldTier;
  /** Resolves when every push that Redis had sent before has been handled: a reply comes after them. */
  barrier(): Promise<void>;
  /** What it was told of its connection, in order. */
  deliveries(): readonly string[];
  stop(): Promise<void>;
};

export type TrackedReplicas = {
  readonly a: TrackedReplica;
  readonly b: TrackedReplica;
  readonly storage: HeldStorage;
  readonly clock: FakeClock;
};

/** `a` goes by another way, if one is given. `timeoutMs`: how long a command may take, where faults are tested. */
export async function connectTrackedReplicas(
  text: string,
  redis: {
    readonly url: string;
    readonly keyPrefix: string;
    readonly urlOfA?: string;
    readonly timeoutMs?: number;
  },
): Promise<TrackedReplicas> {
  const clock = createFakeClock();
  const storage = createHeldStorage();
  const connect = async (sender: string, url: string): Promise<TrackedReplica> => {
    const candidate = parseSettings(text);
    const events: RecordedEvent[] = [];
    const observe = recordEvents(events);
    const codec = codecOf[candidate.codec];
    const tracking = createTrackingConnection({
      timeoutMs: patienceMs,
      ...redis,
      url,
      payloads: codec.payloads,
      scripts: entryScripts,
      observe,
    });
    const tier = createRedisTier({
      commands: tracking.commands,
      codec,
      keyPrefix: redis.keyPrefix,
      clock,
      random: Math.random,
      observe,
      breaker: createCircuitBreaker(clock),
      // The clock of a test stands still: only it may end an entry.
      expirySlackMs: 60_000,
    });
    const shared = createHeldTier(tier);
    let source: InvalidationSource | undefined;
    const createSource = (listener: InvalidationListener) => {
      source = tracking.createSource(listener);
      return source;
    };
    const network = createBusNetwork();
    const replica = createReplica({ candidate, clock, shared, network, sender, createSource });
    replica.cache.register(storage.entity);
    await source?.start();
    return {
      ...replica,
      events,
      shared,
      barrier: async () => void (await tracking.commands.get('nothing')),
      deliveries: () => events.flatMap((event) => (event.type === 'delivery' ? [event.change] : [])),
      async stop() {
        await source?.stop();
        await replica.cache.close();
      },
    };
  };
  const a = await connect('a', redis.urlOfA ?? redis.url);
  const b = await connect('b', redis.url);
  // A flush refuses what began in its own millisecond.
  clock.advance(1);
  return { a, b, storage, clock };
}
