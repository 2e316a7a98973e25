import { parseSettings } from './parse-settings.ts';
import { createBusNetwork } from './bus-network.ts';
import type { BusNetwork } from './bus-network.ts';
import { createReplica } from './cache-replica.ts';
import type { Replica, ReplicaOptions } from './cache-replica.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';
import { createHeldStorage } from './held-storage.ts';
import type { HeldStorage } from './held-storage.ts';
import { createHeldTier, createSharedTier } from './shared-tier.ts';
import type { HeldTier } from './shared-tier.ts';

/** Two replicas of one service on one storage and one shared tier, and every hand that can stop or lose something. */
export type TwoReplicas = {
  /** The candidate. */
  readonly text: string;
  readonly a: Replica;
  readonly b: Replica;
  readonly storage: HeldStorage;
  readonly shared: HeldTier;
  readonly network: BusNetwork;
  readonly clock: FakeClock;
  /** Until everything that was started in the background is done. */
  readonly settle: () => Promise<void>;
};

/** Each has heard the other, and knows the entity of the storage. */
export function createTwoReplicas(
  text: string,
  options: Partial<ReplicaOptions> = {},
  storage = createHeldStorage(),
): TwoReplicas {
  const candidate = parseSettings(text);
  const clock = createFakeClock();
  const network = createBusNetwork();
  const shared = createHeldTier(createSharedTier(clock));
  const replica = (sender: string) =>
    createReplica({ candidate, clock, shared, network, sender, ...options });
  const [a, b] = [replica('a'), replica('b')];
  a.beat();
  b.beat();
  // A flush refuses what began in its own millisecond.
  clock.advance(1);
  for (const { cache } of [a, b]) cache.register(storage.entity);
  const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));
  return { text, a, b, storage, shared, network, clock, settle };
}
