import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readsOf, readsOfObjects, sourceOf } from '../../tests/support/simulated-reads-source.ts';
import type { PlainEvent } from '../../tests/support/simulated-reads-source.ts';
import { drawsOf } from '../../loadtests/workloads/counter-random.ts';
import { createZipf } from '../../loadtests/workloads/zipf.ts';
import type { EvictionName } from '../../app/cache/eviction/index.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { measureCurves } from './measure-curves.ts';
import { runJobs } from './run-jobs.ts';
import { everything } from './sampled-reads.ts';
import { countsIn } from './simulate-recording.ts';
import { defaultSettings } from './simulation-conditions.ts';

const seed = 20_261_201;
const draw = createZipf(10_000, 0.8);
const objects = Array.from({ length: 50_000 }, (_, index) => draw(drawsOf(seed, 0, 1, index)) - 1);
const bytesOf = (object: number) => 50 + (object % 11) * 30;
const source = sourceOf(readsOfObjects(objects, bytesOf));
const sizesBytes = [0.02, 0.05, 0.1, 0.2, 0.5].map((share) => Math.round(share * 10_000 * 200));
const options = { threads: 0, overheadBytes: 0, sizesBytes };

/** What a whole simulation at each size says. */
async function simulatedRatios(eviction: EvictionName, recording = source) {
  const { cache } = parseCandidate(`cache-aside:tiers=memory,eviction=${eviction}`);
  const settings = { ...defaultSettings, replicas: 1, overheadBytes: 0, lifetimes: 'endless' as const };
  const outcomes = await runJobs(
    recording,
    sizesBytes.map((memoryBytes) => ({
      kind: 'candidate' as const,
      candidate: { ...cache, memoryBytes },
      settings,
      sample: everything,
    })),
    { threads: 0 },
  );
  return outcomes.map((outcome) => {
    const { memoryHits, reads, memoryHitBytes, readBytes } = countsIn(outcome);
    return { reads: memoryHits / reads, bytes: memoryHitBytes / readBytes };
  });
}

/** Reads of which every third is of something that storage has never had: without a size. */
function eventsWithGone(count: number): readonly PlainEvent[] {
  return objects.slice(0, count).map((object, index) => ({
    timeUs: index * 1_000,
    event: 'read',
    object,
    bytes: object % 3 === 1 ? 0 : bytesOf(object),
  }));
}

describe(`curves (seed ${seed})`, () => {
  test('of LRU is exact: what a simulation at each size says', async () => {
    const { curves } = await measureCurves(source, { ...options, policies: ['lru'] });
    const simulated = await simulatedRatios('lru');
    for (const [index, point] of (curves[0]?.points ?? []).entries()) {
      assert.equal(point.hitRatio, simulated[index]?.reads, `size ${point.bytes}`);
      assert.equal(point.byteHitRatio, simulated[index]?.bytes, `size ${point.bytes}`);
    }
    assert.equal(curves[0]?.points.length, sizesBytes.length);
  });

  test('of LRU hits what fits to the byte, and misses what lacks one', async () => {
    const threeInTurn = sourceOf(readsOfObjects([0, 1, 2, 0, 1, 2], () => 1_111));
    const { curves } = await measureCurves(threeInTurn, {
      ...options,
      policies: ['lru'],
      sizesBytes: [3_332, 3_333],
    });
    assert.deepEqual(
      curves[0]?.points.map(({ hitRatio }) => hitRatio),
      [0, 0.5],
    );
  });

  test('of LRU keeps nothing of what is gone, as the simulation does not', async () => {
    const withGone = sourceOf(readsOf(eventsWithGone(20_000)));
    const { curves } = await measureCurves(withGone, { ...options, policies: ['lru'] });
    const simulated = await simulatedRatios('lru', withGone);
    assert.deepEqual(
      curves[0]?.points.map(({ hitRatio, byteHitRatio }) => ({ reads: hitRatio, bytes: byteHitRatio })),
      simulated,
    );
  });

  for (const policy of ['sieve', 's3-fifo', 'w-tinylfu'] as const)
    test(`of ${policy} from samples is near what the whole says, within its error`, async () => {
      const measured = await measureCurves(source, { ...options, policies: [policy], objectsMax: 4_000 });
      const simulated = await simulatedRatios(policy);
      const points = measured.curves[0]?.points ?? [];
      assert.ok(points.length >= 3, 'most sizes are large enough for samples');
      for (const { bytes, hitRatio, hitRatioError } of points) {
        const whole = simulated[sizesBytes.indexOf(bytes)]?.reads ?? 0;
        const off = Math.abs(hitRatio - whole);
        assert.ok(
          hitRatioError !== null && off <= Math.max(2 * hitRatioError, 0.01),
          `${bytes}: off by ${off}`,
        );
        assert.ok(hitRatioError < 0.1);
      }
    });

  test('from samples is a ratio even where a sample has more reads than its share and misses them all', async () => {
    const inTurn = Array.from({ length: 20_000 }, (_, index) => index % 10_000);
    const { curves } = await measureCurves(sourceOf(readsOfObjects(inTurn, () => 200)), {
      ...options,
      policies: ['fifo'],
      objectsMax: 4_000,
    });
    const points = curves[0]?.points ?? [];
    assert.ok(points.length >= 3);
    assert.deepEqual(
      points.map(({ hitRatio, byteHitRatio }) => [hitRatio, byteHitRatio]),
      points.map(() => [0, 0]),
    );
  });

  test('without sizes named, they go from little up to all, and other policies have no error where all is simulated', async () => {
    const { curves, footprintBytes } = await measureCurves(source, {
      threads: 0,
      policies: ['lru', 'fifo'],
    });
    for (const { points } of curves) {
      assert.ok((points.at(-1)?.bytes ?? 0) >= footprintBytes && points.length >= 12);
      assert.ok(points.every(({ hitRatioError }) => hitRatioError === null));
    }
  });
});
