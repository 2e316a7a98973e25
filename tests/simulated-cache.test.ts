import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CachedEntity } from '../app/cache/cache.ts';
import { evictionPolicies } from '../app/cache/eviction/index.ts';
import { freezeAndEstimateBytes } from '../app/cache/value-size.ts';
import { parseCandidate } from '../app/candidates/parse-candidate.ts';
import { simulateRecording } from '../cli/simulator/simulate-recording.ts';
import { createSimulation } from '../cli/simulator/simulation.ts';
import { defaultSettings } from '../cli/simulator/simulation-conditions.ts';
import { drawsOf, randomAt } from '../loadtests/workloads/counter-random.ts';
import { createZipf } from '../loadtests/workloads/zipf.ts';
import { createTwoReplicas } from './support/two-replicas.ts';
import type { TwoReplicas } from './support/two-replicas.ts';
import { readsOf, sourceOf } from './support/simulated-reads-source.ts';
import type { PlainEvent } from './support/simulated-reads-source.ts';

const seed = 20_261_130;

/** Storage of photos with texts of different lengths, of which some are gone. */
function createPhotos(gone: Set<number>, versions: Map<number, number>): CachedEntity<number, string> {
  return {
    name: 'photo',
    freshness: 'versioned',
    loadMany: async (ids) =>
      new Map(
        ids.flatMap((id) =>
          gone.has(id) ? [] : [[id, { value: textOf(id), version: versions.get(id) ?? 1 }] as const],
        ),
      ),
  };
}

const textOf = (id: number): string => 'x'.repeat(100 + (id % 7) * 40);
const bytesOf = (id: number): number => freezeAndEstimateBytes(textOf(id));
/** As long as the simulator takes keys to be. */
const idOf = (object: number): number => 100_000 + object;

/** The event, done with the cache of the service. Which tier answered a read. */
async function act(
  { a, b, settle }: TwoReplicas,
  photos: CachedEntity<number, string>,
  { event, object, replica }: PlainEvent,
  storage: { gone: Set<number>; versions: Map<number, number> },
): Promise<string> {
  const { cache, events } = replica === 0 ? a : b;
  const id = idOf(object);
  events.length = 0;
  if (event === 'read') await cache.read(photos, id);
  else {
    const version = (storage.versions.get(id) ?? 1) + 1;
    storage.versions.set(id, version);
    if (event === 'remove') storage.gone.add(id);
    else storage.gone.delete(id);
    const changed = [{ entity: photos, id, version }];
    const store = async () => ({ result: null, changed });
    if (event === 'remove') await cache.forget(changed);
    else await cache.write({ store, expected: [{ entity: photos, id }] });
  }
  const answered = events.find((one) => one.type === 'answered');
  await settle();
  return event === 'read' && answered?.type === 'answered' ? (answered.outcome.split('-')[0] ?? '') : '';
}

/** Reads of a hot set and writes of it, at intervals in which entries live and end. */
function eventsFor(requests: number): readonly PlainEvent[] {
  const draw = createZipf(400, 0.8);
  let timeUs = 1_000_000_000;
  return Array.from({ length: requests }, (_, index): PlainEvent => {
    const draws = drawsOf(seed, 0, 7, index);
    timeUs += Math.floor(randomAt(seed, 0, 8, index) * 40) * 1_000;
    const kind = randomAt(seed, 0, 9, index);
    const object = draw(draws) - 1;
    return {
      timeUs,
      event: kind < 0.9 ? 'read' : kind < 0.97 ? 'write' : 'remove',
      object,
      bytes: 0,
      replica: randomAt(seed, 0, 10, index) < 0.5 ? 0 : 1,
    };
  });
}

/** What the service answers, event by event, and the same events with the sizes that its recording would have. */
async function runService(text: string, events: readonly PlainEvent[]) {
  const replicas = createTwoReplicas(text);
  const storage = { gone: new Set<number>(), versions: new Map<number, number>() };
  const photos = createPhotos(storage.gone, storage.versions);
  for (const { cache } of [replicas.a, replicas.b]) cache.register(photos);
  const answers: string[] = [];
  const recorded: PlainEvent[] = [];
  for (const event of events) {
    replicas.clock.advance(event.timeUs / 1_000 - replicas.clock.now());
    const isThere =
      event.event === 'write' || (event.event === 'read' && !storage.gone.has(idOf(event.object)));
    recorded.push({ ...event, bytes: isThere ? bytesOf(idOf(event.object)) : 0 });
    answers.push(await act(replicas, photos, event, storage));
  }
  return { answers, recorded };
}

async function runSimulation(text: string, recorded: readonly PlainEvent[]) {
  const simulation = await createSimulation(parseCandidate(text).cache, defaultSettings);
  const names = { memory: 'local', redis: 'shared', storage: 'load' };
  return recorded.map((event) => {
    const before = simulation.counts();
    simulation.run(readsOf([event]), ['photo']);
    const after = simulation.counts();
    if (event.event !== 'read') return '';
    if (after.memoryHits > before.memoryHits) return names.memory;
    return after.redisHits > before.redisHits ? names.redis : names.storage;
  });
}

describe(`the simulator answers each read as the service's cache does (seed ${seed})`, () => {
  const common = 'jitter=0,memory=64KiB';
  for (const text of [
    `cache-aside:tiers=memory,ttl=20s,${common}`,
    `cache-aside:tiers=memory+redis,ttl=20s,${common}`,
    `cache-aside:tiers=redis,ttl=20s,jitter=0`,
    `cache-aside:ttl=20s,negative=5s,${common}`,
    `cache-aside:ttl=20s,promotion=hot,${common}`,
    `cache-aside:ttl=20s,invalidation=ttl,${common}`,
    `ttl-only:ttl=10s,${common}`,
    `cache-aside-delete-first:ttl=20s,${common}`,
    `versioned:ttl=20s,${common}`,
    `write-through:ttl=20s,${common}`,
    `refresh-ahead:ttl=20s,${common}`,
    `stale-while-revalidate:ttl=5s,stale=10s,${common}`,
    `stale-if-error:ttl=5s,stale=10s,${common}`,
    `cache-aside:tiers=memory,eviction=fifo,ttl=20s,${common}`,
    `cache-aside:tiers=memory,eviction=lfu,ttl=20s,${common}`,
    `cache-aside:eviction=sieve,ttl=20s,${common}`,
    `cache-aside:eviction=s3-fifo,ttl=20s,${common}`,
  ])
    test(text, async () => {
      const { answers, recorded } = await runService(text, eventsFor(2_000));
      const simulated = await runSimulation(text, recorded);
      const wrong = answers.findIndex((answer, index) => answer !== simulated[index]);
      assert.equal(wrong, -1, JSON.stringify({ ...recorded[wrong], real: answers[wrong] }));
      assert.ok(new Set(answers).size >= 3, 'some reads hit, and some do not');
    });
});

describe('the store of the service and the simulator', () => {
  for (const eviction of Object.keys(evictionPolicies))
    test(`ML-4: with ${eviction}, the measured hit ratio is within 2 points of the simulated one`, async () => {
      const text = `cache-aside:tiers=memory,memory=64KiB,eviction=${eviction},ttl=1h`;
      const { answers, recorded } = await runService(
        text,
        eventsFor(4_000).filter(({ event }) => event === 'read'),
      );
      const measured = answers.filter((answer) => answer === 'local').length / answers.length;
      const [simulated] = await simulateRecording(sourceOf(readsOf(recorded)), [parseCandidate(text)], {
        threads: 0,
      });
      const predicted = simulated?.hitRatio.memory ?? Number.NaN;
      assert.ok(Math.abs(measured - predicted) <= 0.02, `measured ${measured}, simulated ${predicted}`);
      assert.ok(measured > 0.3 && measured < 0.9, 'a size at which the policy decides');
    });
});
