import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createBoundedStore } from '../app/cache/bounded-store/bounded-store.ts';
import { evictionPolicies } from '../app/cache/eviction/index.ts';
import type { EvictionName } from '../app/cache/eviction/index.ts';
import { drawsOf } from '../loadtests/workloads/counter-random.ts';
import { createZipf } from '../loadtests/workloads/zipf.ts';
import { referencePolicies } from './support/reference-eviction.ts';
import type { ReferenceCache } from './support/reference-eviction.ts';

const names = Object.keys(evictionPolicies) as EvictionName[];
/** Few enough that the largest store is filled again and again, and counts are halved in each. */
const objects = 20_000;
const requests = 40_000;
const seed = 20_240_416;

/** A policy's store with entries of one byte, asked like a cache. */
function createSubject(name: EvictionName, capacity: number): ReferenceCache {
  const store = createBoundedStore(evictionPolicies[name], { bytesMax: capacity, onEvict: () => {} });
  const value = {};
  return {
    request(key) {
      if (store.get(key) !== undefined) return true;
      store.set(key, value, 1);
      return false;
    },
  };
}

const hitsOf = (cache: ReferenceCache, trace: readonly string[]): number =>
  trace.reduce((hits, key) => hits + (cache.request(key) ? 1 : 0), 0);
const hitRatioOf = (name: EvictionName, capacity: number, trace: readonly string[]): number =>
  hitsOf(createSubject(name, capacity), trace) / trace.length;

function zipfTrace(alpha: number, length = requests): string[] {
  const draw = createZipf(objects, alpha);
  return Array.from({ length }, (_, index) => `photo:${draw(drawsOf(seed, 0, 1, index))}`);
}

describe(`hit ratios are those of the papers' pseudocode (seed ${seed})`, () => {
  for (const alpha of [0.6, 0.8, 0.99, 1.2]) {
    const trace = zipfTrace(alpha);
    for (const capacity of [objects / 1000, objects / 100, objects / 10]) {
      for (const name of names) {
        test(`ML-4: hits of ${name}, Zipf ${alpha}, with room for ${capacity}, are those of an independent implementation`, () => {
          const hits = hitsOf(createSubject(name, capacity), trace);
          const expected = hitsOf(referencePolicies[name]?.(capacity) as ReferenceCache, trace);
          // The sketch may count a key too often; everything else is decided.
          if (name !== 'w-tinylfu') assert.equal(hits, expected);
          else assert.ok(Math.abs(hits - expected) / requests <= 0.005, `${hits} and ${expected} hits`);
        });
      }
    }
  }
});

describe('what the policies are for', () => {
  const room = 1_000;
  /** Hits of a hot set of 800 keys after a scan over 5,000 keys that never come back. */
  const hotHitsAfterScan = (name: EvictionName): number => {
    const cache = createSubject(name, room);
    const hot = Array.from({ length: 800 }, (_, id) => `hot:${id}`);
    for (let times = 0; times < 5; times += 1) hitsOf(cache, hot);
    hitsOf(
      cache,
      Array.from({ length: 5_000 }, (_, id) => `scan:${id}`),
    );
    return hitsOf(cache, hot);
  };

  test('a scan empties lru and fifo, and leaves the hot set of s3-fifo and w-tinylfu', () => {
    for (const name of ['lru', 'fifo'] as const) assert.equal(hotHitsAfterScan(name), 0, name);
    for (const name of ['s3-fifo', 'w-tinylfu'] as const)
      assert.ok(hotHitsAfterScan(name) >= 700, `${name}: ${hotHitsAfterScan(name)} of 800`);
  });

  test('what is asked for once costs w-tinylfu nothing that is hot, of whatever sizes it is', () => {
    const store = createBoundedStore(evictionPolicies['w-tinylfu'], { bytesMax: 10_000, onEvict: () => {} });
    const request = (key: string, bytes: number): boolean => {
      if (store.get(key) !== undefined) return true;
      store.set(key, {}, bytes);
      return false;
    };
    const hot = Array.from({ length: 95 }, (_, id) => `hot:${id}`);
    for (let times = 0; times < 5; times += 1) for (const key of hot) request(key, 100);
    for (let id = 0; id < 300; id += 1) request(`once:${id}`, 1 + ((id * 37) % 250));
    assert.equal(hot.filter((key) => request(key, 100)).length, hot.length);
  });

  test('where most keys are asked for once, sieve, s3-fifo and w-tinylfu hit more than lru', () => {
    const draw = createZipf(objects, 0.9);
    const trace = Array.from({ length: requests }, (_, index) => {
      const draws = drawsOf(seed, 0, 2, index);
      return draws(1) < 0.7 ? `once:${index}` : `photo:${draw(draws)}`;
    });
    const lru = hitRatioOf('lru', room, trace);
    for (const name of ['sieve', 's3-fifo', 'w-tinylfu'] as const) {
      const ratio = hitRatioOf(name, room, trace);
      assert.ok(ratio > lru * 1.1, `${name} ${ratio}, lru ${lru}`);
    }
  });

  test('when what is popular changes, lfu needs longest to see it', () => {
    const draw = createZipf(5_000, 1);
    // Five times.
    const trace = Array.from({ length: 100_000 }, (_, index) => {
      const shift = Math.floor(index / 20_000) * 2_500;
      return `photo:${draw(drawsOf(seed, 0, 3, index)) + shift}`;
    });
    const lfu = hitRatioOf('lfu', room, trace);
    for (const name of names.filter((one) => one !== 'lfu')) {
      const ratio = hitRatioOf(name, room, trace);
      assert.ok(ratio > lfu + 0.01, `${name} ${ratio}, lfu ${lfu}`);
    }
  });
});
