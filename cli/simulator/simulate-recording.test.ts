import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { redisOwnBytes } from '../../app/cache/settings/memory-bounds.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import { readsOf, readsOfObjects, sourceOf } from '../../tests/support/simulated-reads-source.ts';
import type { PlainEvent } from '../../tests/support/simulated-reads-source.ts';
import { measureCurves } from './measure-curves.ts';
import { simulateRecording } from './simulate-recording.ts';
import type { SimulateOptions } from './simulate-recording.ts';

const here = { threads: 0 };

async function simulateOne(text: string, events: readonly PlainEvent[], options: SimulateOptions = here) {
  const [simulated] = await simulateRecording(
    sourceOf(readsOf(events), ['photo', 'feed']),
    [parseCandidate(text)],
    options,
  );
  if (simulated === undefined) throw new TypeError('nothing was simulated');
  return simulated;
}

const readAt = (timeUs: number, object: number, more: Partial<PlainEvent> = {}): PlainEvent => ({
  timeUs,
  event: 'read',
  object,
  bytes: 100,
  replica: 0,
  ...more,
});

describe('a simulated candidate', () => {
  test('hits in memory, then in redis from the other replica, and asks storage once', async () => {
    const simulated = await simulateOne('cache-aside:jitter=0', [
      readAt(0, 0),
      readAt(1, 0),
      readAt(2, 0, { replica: 1 }),
      readAt(3, 0, { replica: 1 }),
    ]);
    assert.deepEqual(simulated.hits, { memory: 2, redis: 1 });
    assert.deepEqual(simulated.hitRatio, { memory: 0.5, redis: 0.25, all: 0.75 });
    assert.deepEqual([simulated.reads, simulated.loads], [4, 1]);
  });

  test('has no ratio for a tier that it lacks, nor for no reads', async () => {
    const { hitRatio } = await simulateOne('cache-aside:tiers=redis', [readAt(0, 0), readAt(1, 0)]);
    assert.deepEqual(hitRatio, { memory: null, redis: 0.5, all: 0.5 });
    assert.deepEqual((await simulateOne('no-cache', [readAt(0, 0)])).hitRatio, {
      memory: null,
      redis: null,
      all: 0,
    });
    assert.equal((await simulateOne('cache-aside', [])).hitRatio.all, null);
  });

  test('gives feeds their own lifetime, and where it is told to, what the recording says', async () => {
    const twice = (className: number) => [
      readAt(0, 0, { class: className, lifetimeMs: 2_000 }),
      readAt(5_000_000, 0, { class: className, lifetimeMs: 2_000 }),
    ];
    const text = 'cache-aside:ttl=1h,feed-ttl=4s,jitter=0';
    assert.equal((await simulateOne(text, twice(0))).hits.memory, 1);
    assert.equal((await simulateOne(text, twice(1))).hits.memory, 0);
    const recorded = await simulateOne(text, twice(0), { ...here, lifetimes: 'recorded' });
    assert.equal(recorded.hits.memory, 0);
  });

  test('treats a class as is said of it: lifetime, jitter, tiers, and what writes do', async () => {
    const minuteApart = [readAt(0, 0), readAt(60_000_000, 0)];
    const hitsOf = async (axes: string, events: readonly PlainEvent[]) =>
      (await simulateOne(`cache-aside:ttl=1h,jitter=0,${axes}`, events)).hits;
    assert.deepEqual(await hitsOf('photo-ttl=10s', minuteApart), { memory: 0, redis: 0 });
    assert.deepEqual(await hitsOf('profile-ttl=10s', minuteApart), { memory: 1, redis: 0 });
    assert.deepEqual(await hitsOf('photo-tiers=redis', minuteApart), { memory: 0, redis: 1 });
    assert.deepEqual(await hitsOf('photo-tiers=none', minuteApart), { memory: 0, redis: 0 });

    const elsewhere = [readAt(0, 0), readAt(1, 0, { replica: 1 })];
    assert.deepEqual(await hitsOf('photo-tiers=memory', elsewhere), { memory: 0, redis: 0 });

    const changed = (event: 'write' | 'remove') => [readAt(0, 0), { ...readAt(1, 0), event }, readAt(2, 0)];
    assert.equal((await hitsOf('photo-invalidation=ttl', changed('write'))).memory, 1);
    assert.equal((await hitsOf('photo-invalidation=ttl', changed('remove'))).memory, 0);

    const many = Array.from({ length: 50 }, (_, object) => object);
    const nearTheEnd = [
      ...many.map((object) => readAt(0, object)),
      ...many.map((object) => readAt(3_000e6, object)),
    ];
    const withJitter = (await hitsOf('photo-jitter=0.5', nearTheEnd)).memory;
    assert.ok(withJitter > 0 && withJitter < 50, `${withJitter} of 50 still live`);
  });

  test('counts in bytes of values, and takes what it does not know for usual', async () => {
    const events = [readAt(0, 0, { bytes: 900 }), readAt(1, 1), readAt(2, 1), readAt(3, 1)];
    const { byteHitRatio, memoryBytesMax } = await simulateOne('cache-aside:tiers=memory', events);
    assert.equal(byteHitRatio.all, 200 / 1_200);
    assert.ok(memoryBytesMax > 1_000 && memoryBytesMax < 2_000, String(memoryBytesMax));
    const unknown = await simulateOne('cache-aside:tiers=memory', [readAt(0, 0, { bytes: 0 })], {
      ...here,
      unknownBytes: 5_000,
    });
    assert.ok(unknown.memoryBytesMax > 5_000);
  });

  test('counts from when it is told to, with what it holds by then', async () => {
    const options = { ...here, countFromUs: 10 };
    const { reads, hits } = await simulateOne('cache-aside', [readAt(0, 0), readAt(10, 0)], options);
    assert.deepEqual([reads, hits.memory], [1, 1]);
  });

  test('does not remember what is gone, unless it keeps negative entries', async () => {
    const events = [
      readAt(0, 0),
      { timeUs: 1, event: 'remove', object: 0, replica: 0 } as const,
      readAt(2, 0, { bytes: 0 }),
      readAt(3, 0, { bytes: 0 }),
    ];
    assert.equal((await simulateOne('cache-aside', events)).hits.memory, 0);
    assert.equal((await simulateOne('cache-aside:negative=1s', events)).hits.memory, 1);
  });

  test('takes what others say no size of for something that is there: a 304 has none', async () => {
    const events = [readAt(0, 0), readAt(1, 1, { bytes: 0 }), readAt(2, 1, { bytes: 0 })];
    const source = sourceOf(readsOf(events));
    const hitsIn = async (isForeign: boolean) =>
      (await simulateRecording({ ...source, isForeign }, [parseCandidate('cache-aside')], here))[0]?.hits
        .memory;
    assert.equal(await hitsIn(true), 1);
    assert.equal(await hitsIn(false), 0);
    const curveOf = async (isForeign: boolean) =>
      (await measureCurves({ ...source, isForeign }, { ...here, policies: ['lru', 'sieve'] })).curves.map(
        ({ points }) => Math.round((points.at(-1)?.hitRatio ?? 0) * 3),
      );
    assert.deepEqual(await curveOf(true), [1, 1]);
    assert.deepEqual(await curveOf(false), [0, 0]);
  });
});

describe('a simulated redis with room for three', () => {
  const redisBytes = 32 * 2 ** 20;
  const bytes = Math.floor((redisBytes - redisOwnBytes(0, 2)) / 3);
  const hitsIn = async (axes: string, events: readonly PlainEvent[]) => {
    const text = `cache-aside:jitter=0,redis-memory=32MiB,${axes}`;
    const sized = events.map((event) => ({ ...event, bytes }));
    return (await simulateOne(text, sized, { ...here, overheadBytes: 0 })).hits;
  };
  const hitsOf = async (axes: string, events: readonly PlainEvent[]) =>
    (await hitsIn(`tiers=redis,${axes}`, events)).redis;

  test('tells memory of what it evicts, where it tells of changes itself', async () => {
    const inMemory = [readAt(0, 0), readAt(1, 0), readAt(2, 0)];
    const events = [...inMemory, readAt(3, 1), readAt(4, 2), readAt(5, 3), readAt(6, 0)];
    const hitsWith = (invalidation: string) =>
      hitsIn(`memory=256MiB,protection=single-flight,invalidation=${invalidation}`, events);
    assert.deepEqual(await hitsWith('pubsub'), { memory: 3, redis: 0 });
    assert.deepEqual(await hitsWith('client-tracking'), { memory: 1, redis: 1 });
  });

  test('tells memory of what another replica has filled anew, where it tells of changes itself', async () => {
    const inBoth = [readAt(0, 0), readAt(1, 0), readAt(2, 0, { replica: 1 })];
    // Near its end, so that the other replica asks ahead for a new one.
    const events = [...inBoth, readAt(9_990_000, 0, { replica: 1 }), readAt(9_991_000, 0)];
    const hitsWith = async (invalidation: string) =>
      (await simulateOne(`refresh-ahead:jitter=0,ttl=10s,invalidation=${invalidation}`, events)).hits;
    assert.deepEqual(await hitsWith('pubsub'), { memory: 3, redis: 1 });
    assert.deepEqual(await hitsWith('client-tracking'), { memory: 1, redis: 3 });
  });

  test('frees what has ended, and evicts nothing fresh for it', async () => {
    const events = [
      readAt(0, 0),
      readAt(1, 1, { class: 1 }),
      readAt(2, 2, { class: 1 }),
      readAt(20_000_000, 3),
      readAt(20_000_001, 0),
    ];
    assert.equal(await hitsOf('ttl=1h,feed-ttl=10s', events), 1);
  });

  test('takes nothing in while it is full, where nothing is to be evicted', async () => {
    const events = [0, 1, 2, 3, 3, 0].map((object, index) => readAt(index, object));
    assert.equal(await hitsOf('redis-eviction=noeviction', events), 1);
    assert.equal(await hitsOf('redis-eviction=volatile-ttl', [...events, readAt(9, 1)]), 1);
  });
});

test('threads say what one thread says, and tell how far they are', async () => {
  const objects = Array.from({ length: 20_000 }, (_, index) =>
    Math.floor(2_000 * randomAt(7, 0, 1, index) ** 3),
  );
  const source = sourceOf(
    readsOfObjects(objects, () => 500),
    ['photo'],
    3_000,
  );
  const candidates = ['lru', 's3-fifo', 'w-tinylfu'].flatMap((eviction) =>
    ['256KiB', '512KiB'].map((memory) => parseCandidate(`cache-aside:eviction=${eviction},memory=${memory}`)),
  );
  const told: number[] = [];
  const inThreads = await simulateRecording(source, candidates, {
    threads: 2,
    onProgress: (events) => void told.push(events),
  });
  assert.deepEqual(inThreads, await simulateRecording(source, candidates, here));
  assert.deepEqual([told.length, told.at(-1)], [7, 20_000]);
  assert.ok(new Set(inThreads.map(({ hits }) => hits.memory)).size > 3, 'candidates differ');
});

test('what is wrong with a recording ends the simulation and its threads', async () => {
  const source = sourceOf(readsOfObjects([1, 2, 3]));
  const broken = {
    ...source,
    async *batches() {
      yield* source.batches();
      throw new RangeError('row 4 is cut');
    },
  };
  const candidates = [parseCandidate('cache-aside')];
  await assert.rejects(simulateRecording(broken, candidates, { threads: 1 }), /row 4 is cut/);
});
