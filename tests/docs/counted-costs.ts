import type { CachedEntity, ReadOutcome } from '../../app/cache/cache.ts';
import type {
  InvalidationListener,
  InvalidationSource,
} from '../../app/cache/sources/invalidation-source.ts';
import { strategyOf } from '../../app/cache/settings/chosen-strategy.ts';
import { parseSettings } from '../support/parse-settings.ts';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import { createBusNetwork } from '../support/bus-network.ts';
import { createReplica } from '../support/cache-replica.ts';
import type { Replica } from '../support/cache-replica.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createHeldStorage } from '../support/held-storage.ts';
import { createSharedTier } from '../support/shared-tier.ts';
import type { SharedTier } from '../../app/cache/tiers/tier.ts';

/** What a strategy does in two replicas, counted on a storage, a redis tier and a clock of the test's own. */
export type CountedCosts = {
  /** Loads when `readers` of one key come to each of the two replicas, and nothing is cached. */
  readonly stampedeLoads: number;
  readonly operationsPerMiss: number;
  readonly operationsPerWrite: number;
  readonly loadsPerWrite: number;
  /** Of `readers` at once, while the TTL of a warm key ends: those who wait for storage, and those who get it stale. */
  readonly waitingAtExpiry: number;
  readonly staleAtExpiry: number;
  /** Whether an entry past its TTL is answered when storage fails. */
  readonly answersInOutage: boolean;
};

export const readers = 10;
const ttlMs = 10_000;
const loadMs = 100;
const tickMs = 50;

/** Until everything that was started in the background is done. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** The same tier, which counts what it is asked. */
function countOperations(tier: SharedTier) {
  const counts = { operations: 0 };
  const counting = (part: object): object =>
    Object.fromEntries(
      Object.entries(part).map(([name, value]: [string, unknown]) => [
        name,
        typeof value !== 'function'
          ? value
          : (...args: unknown[]): unknown => {
              counts.operations += 1;
              return Reflect.apply(value, part, args) as unknown;
            },
      ]),
    );
  const shared = { ...counting(tier), leases: counting(tier.leases) } as SharedTier;
  return { counts, shared };
}

function setUp(text: string) {
  const candidate = parseSettings(text);
  const clock = createFakeClock();
  const network = createBusNetwork();
  const { counts, shared } = countOperations(createSharedTier(clock));
  const storage = createHeldStorage();
  let draws = 0;
  const random = (): number => randomAt(1, 0, 0, (draws += 1));
  const listeners: InvalidationListener[] = [];
  /** Pushes and streams are heard of nothing here: no figure needs a message of another replica. */
  const createSource = (listener: InvalidationListener): InvalidationSource => {
    listeners.push(listener);
    return { sender: null, start: async () => {}, stop: async () => {} };
  };
  const replica = (sender: string) => {
    const common = { candidate, clock, shared, network, sender, random };
    const hasOwnSource = !['ttl', 'pubsub'].includes(candidate.invalidation);
    return createReplica(hasOwnSource ? { ...common, createSource } : common);
  };
  const [a, b] = [replica('a'), replica('b')];
  a.beat();
  b.beat();
  for (const listener of listeners) listener.onDelivery('resumed');
  clock.advance(1);
  for (const { cache } of [a, b]) cache.register(storage.entity);
  return { a, b, clock, storage, counts };
}

/** Runs `readers` reads at once in one replica and says how they were answered. */
async function readAtOnce(
  { cache }: Replica,
  entity: CachedEntity<number, string>,
): Promise<(ReadOutcome | undefined)[]> {
  const reads = Array.from({ length: readers }, async () => cache.read(entity, 1));
  return (await Promise.all(reads)).map((read) => read?.outcome);
}

async function countStampede(text: string): Promise<number> {
  const { a, b, storage } = setUp(text);
  await Promise.all([a, b].map((replica) => readAtOnce(replica, storage.entity)));
  return storage.loads.length;
}

/** What one miss and one write of a key that nobody has read cost. */
async function countOperationsOf(text: string) {
  const { a, storage, counts } = setUp(text);
  await a.cache.read(storage.entity, 1);
  await settle();
  const operationsPerMiss = counts.operations;
  storage.loads.length = 0;
  await a.cache.write(storage.write(2));
  await settle();
  return {
    operationsPerMiss,
    operationsPerWrite: counts.operations - operationsPerMiss,
    loadsPerWrite: storage.loads.length,
  };
}

/** Reads a warm key steadily over a few TTLs and keeps the worst moment. */
async function watchExpiry(text: string) {
  const { a, clock, storage } = setUp(text);
  const slow: CachedEntity<number, string> = {
    ...storage.entity,
    async loadMany(ids) {
      clock.advance(loadMs);
      return storage.entity.loadMany(ids);
    },
  };
  await a.cache.read(slow, 1);
  await a.cache.read(slow, 1);
  let [waitingAtExpiry, staleAtExpiry] = [0, 0];
  const endMs = clock.now() + 3 * ttlMs;
  while (clock.now() < endMs) {
    const outcomes = await readAtOnce(a, slow);
    const count = (isCounted: (outcome: string) => boolean) =>
      outcomes.filter((outcome) => outcome !== undefined && isCounted(outcome)).length;
    waitingAtExpiry = Math.max(
      waitingAtExpiry,
      count((outcome) => ['load', 'joined-load', 'bypass'].includes(outcome)),
    );
    staleAtExpiry = Math.max(
      staleAtExpiry,
      count((outcome) => outcome.endsWith('stale-hit')),
    );
    await settle();
    clock.advance(tickMs);
  }
  return { waitingAtExpiry, staleAtExpiry };
}

async function survivesOutage(text: string): Promise<boolean> {
  const { a, clock, storage } = setUp(text);
  await a.cache.read(storage.entity, 1);
  clock.advance(ttlMs);
  const failing = { ...storage.entity, loadMany: () => Promise.reject(new RangeError('storage is away')) };
  try {
    const read = await a.cache.read(failing, 1);
    await settle();
    return read !== undefined;
  } catch {
    return false;
  }
}

/** Counts what the strategy costs with its default parameters. The same figures every time. */
export async function countCosts(name: string): Promise<CountedCosts> {
  const { usesTiers } = strategyOf({ strategy: name });
  const timed = usesTiers ? `${name}:ttl=${ttlMs}ms,jitter=0` : name;
  return {
    stampedeLoads: await countStampede(name),
    ...(await countOperationsOf(name)),
    ...(await watchExpiry(timed)),
    answersInOutage: await survivesOutage(timed),
  };
}
