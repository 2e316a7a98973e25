import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createBusNetwork } from '../../tests/support/bus-network.ts';
import { createReplica } from '../../tests/support/cache-replica.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createHeldStorage } from '../../tests/support/held-storage.ts';
import { createSharedTier } from '../../tests/support/shared-tier.ts';
import { parseCandidate } from './parse-candidate.ts';

type Operation = { readonly kind: 'read' | 'readMany' | 'write'; readonly id: number };
/** One client after another's answer: what it asks, in order, of one replica. */
type Client = { readonly replica: 0 | 1; readonly operations: readonly Operation[] };

const ids = [1, 2];
const operation = fc.record({
  kind: fc.constantFrom('read', 'read', 'write', 'readMany'),
  id: fc.constantFrom(...ids),
}) as fc.Arbitrary<Operation>;
const clients: fc.Arbitrary<Client[]> = fc.array(
  fc.record({
    replica: fc.constantFrom(0, 1),
    operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 2, maxLength: 4 },
);

/** Runs clients under one schedule of every step of redis, storage and bus. Throws when a promise of the cache is broken. */
async function runSchedule(text: string, plan: readonly Client[], scheduler: fc.Scheduler): Promise<void> {
  const clock = createFakeClock();
  const step = () => scheduler.schedule(Promise.resolve());
  // Messages may take any time, but each subscriber gets them in the order in which they were sent.
  const queues = new Map<object, (() => void)[]>();
  const deliveries: Promise<void>[] = [];
  const deliverNext = async (subscriber: object): Promise<void> => {
    await step();
    queues.get(subscriber)?.shift()?.();
  };
  const network = createBusNetwork((deliver, subscriber) => {
    queues.set(subscriber, [...(queues.get(subscriber) ?? []), deliver]);
    deliveries.push(deliverNext(subscriber));
  });
  const candidate = parseCandidate(text);
  const far = createSharedTier(clock, step);
  const storage = createHeldStorage({ between: step });
  const replicas = ['a', 'b'].map((sender) => createReplica({ candidate, clock, far, network, sender }));
  for (const replica of replicas) replica.beat();
  await scheduler.waitIdle();
  clock.advance(1);

  /** The newest version that each replica has acknowledged to a writer. */
  const acknowledged = replicas.map(() => new Map<number, number>());

  const runClient = async ({ replica, operations }: Client): Promise<void> => {
    const { cache } = replicas[replica] as (typeof replicas)[number];
    const acks = acknowledged[replica] as Map<number, number>;
    const seen = new Map<number, number>();
    for (const { kind, id } of operations) {
      if (kind === 'write') {
        const version = await cache.write(storage.write(id));
        acks.set(id, Math.max(version, acks.get(id) ?? 0));
        continue;
      }
      const asked = kind === 'read' ? [id] : ids;
      const least = asked.map((one) => Math.max(acks.get(one) ?? 0, seen.get(one) ?? 0));
      const reads =
        kind === 'read'
          ? [await cache.read(storage.entity, id)]
          : await cache.readMany(storage.entity, asked);
      for (const [index, one] of asked.entries()) {
        const version = reads[index]?.version ?? 0;
        assert.ok(
          version >= (least[index] ?? 0),
          `photo ${one}: read v${version} in ${kind}, but v${least[index]} was acknowledged or seen before`,
        );
        seen.set(one, version);
      }
    }
  };
  await scheduler.waitFor(Promise.all(plan.map(runClient)));
  await scheduler.waitIdle();
  await Promise.all(deliveries);

  for (const [index, { cache }] of replicas.entries()) {
    const reads = await scheduler.waitFor((async () => cache.readMany(storage.entity, ids))());
    assert.deepEqual(
      reads.map((read) => read?.version),
      ids.map((id) => storage.versionOf(id)),
      `replica ${index} at rest`,
    );
  }
}

async function holds(text: string, numRuns: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(clients, fc.scheduler(), (plan, scheduler) => runSchedule(text, plan, scheduler)),
    { numRuns },
  ) as Promise<void>;
}

for (const tiers of ['memory', 'redis', 'memory+redis']) {
  for (const protection of ['none', 'single-flight']) {
    const text = `versioned:tiers=${tiers},protection=${protection}`;
    test(`${text} never goes back under any schedule, and converges`, () => holds(text, 1_000));
  }
}

test('the same search finds the stale read of cache-aside', async () => {
  await assert.rejects(holds('cache-aside', 3_000), ({ cause }: Error) => {
    assert.match(String(cause), /acknowledged or seen before|at rest/);
    return true;
  });
});
