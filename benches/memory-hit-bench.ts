import { getHeapStatistics } from 'node:v8';
import type { Photo } from '../app/photos/photo-store.ts';
import { openAsyncCacheDedupe } from './contestants/async-cache-dedupe.ts';
import {
  openLruCache,
  openLruCacheFetch,
  openLruCacheWithKeys,
  openLruCacheWithTtl,
  openMap,
  openSieveCache,
} from './contestants/bare-stores.ts';
import { openCacheManager, openCacheManagerUncloned } from './contestants/cache-manager.ts';
import { openCacheable, openCacheableUncloned } from './contestants/cacheable.ts';
import { openCachified } from './contestants/cachified.ts';
import type { Answer } from './contestants/contestant.ts';
import { darkroom, entrantOf, settingFor, unavailableAmong } from './contestants/entrant.ts';
import type { Entrants } from './contestants/entrant.ts';
import { openLayeredLoader } from './contestants/layered-loader.ts';
import { openBentocache } from './contestants/on-ioredis-5/bentocache.ts';
import { openNodeRedisCached } from './contestants/raw-redis.ts';
import type { Assignment, Bench, Prepared } from './harness/bench.ts';
import { askConcurrently } from './contestants/concurrent-asks.ts';
import { sampleCosts } from './harness/cpu-samples.ts';
import { allIds, drawZipfIds, drawsCount, makePhoto } from './harness/photo-records.ts';

const keys = { count: 10_000, inMemory: 20_000 };
const zipfAlpha = 0.9;
const candidate = 'cache-aside:tiers=memory,ttl=1h,invalidation=ttl';
const tiers = 'memory';
const ours = 'Darkroom, nobody listening';
const oursObserved = 'Darkroom, with its metrics';
const lruGet = 'lru-cache get';
const bentoGet = 'bentocache get';

const entrants: Entrants = {
  'Map.get': { open: openMap, call: 'get', tiers },
  'sieve-cache get': { open: openSieveCache, call: 'get', tiers },
  [lruGet]: { open: openLruCache, call: 'get', tiers },
  'lru-cache get, its own TTL': { open: openLruCacheWithTtl, call: 'get', tiers },
  'lru-cache get, key made at each read': { open: openLruCacheWithKeys, call: 'get', tiers },
  [ours]: darkroom(candidate),
  [oursObserved]: darkroom(candidate, true),
  'layered-loader getInMemoryOnly': { open: openLayeredLoader, call: 'get', tiers },
  'layered-loader get': { open: openLayeredLoader, call: 'read', tiers },
  'lru-cache fetch': { open: openLruCacheFetch, call: 'read', tiers },
  'cachified on lru-cache': { open: openCachified, call: 'read', tiers },
  'async-cache-dedupe': { open: openAsyncCacheDedupe, call: 'read', tiers },
  'cache-manager get, without clones': { open: openCacheManagerUncloned, call: 'get', tiers },
  'cache-manager get': { open: openCacheManager, call: 'get', tiers },
  'cache-manager wrap': { open: openCacheManager, call: 'read', tiers },
  'node-redis client-side cache, JSON.parse': { open: openNodeRedisCached, call: 'get', tiers },
  'cacheable get, without clones': { open: openCacheableUncloned, call: 'get', tiers },
  'cacheable get': { open: openCacheable, call: 'get', tiers },
  'cacheable getOrSet': { open: openCacheable, call: 'read', tiers },
  [bentoGet]: { open: openBentocache, call: 'get', tiers },
  'bentocache getOrSet': { open: openBentocache, call: 'read', tiers },
};

type Ask = (id: number) => Answer<Photo | null | undefined>;

/** Reads one by one, and adds up the ids of what came back: a wrong answer shows, and none can be optimised away. */
async function readAll(ask: Ask, ids: Uint32Array, count: number): Promise<number> {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const answer = ask(ids[index & (drawsCount - 1)] as number);
    const photo = answer instanceof Promise ? await answer : answer;
    sum += photo?.id ?? Number.NaN;
  }
  return sum;
}

function expectedSum(ids: Uint32Array, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += ids[index & (drawsCount - 1)] as number;
  return sum;
}

async function prepare(assignment: Assignment): Promise<Prepared> {
  const entrant = entrantOf(entrants, assignment.label);
  let loads = 0;
  const setting = settingFor(assignment, entrant, keys, async (id) => {
    loads += 1;
    return makePhoto(id);
  });
  const cache = await entrant.open(setting);
  await askConcurrently(cache.read, allIds(keys.count), { count: keys.count, concurrency: 64 });
  const ask = (entrant.call === 'get' ? cache.get : cache.read) as Ask;
  const ids = drawZipfIds(keys.count, zipfAlpha, assignment.seed);
  // What reads Redis once has it in memory afterwards.
  await readAll(ask, allIds(keys.count), keys.count);
  const check = async (count: number) => {
    if ((await readAll(ask, ids, count)) !== expectedSum(ids, count))
      throw new RangeError('a wrong value came back');
  };
  await check(10_000);
  loads = 0;
  return {
    info: '',
    measure: async () => {
      const work = async (count: number) => void (await readAll(ask, ids, count));
      const options = { samples: 5, warmUpMs: 400, sampleMs: 120, operationsMax: 2_000_000 };
      const { cpuNs, operations } = await sampleCosts(work, options);
      const allocatedBefore = getHeapStatistics().total_allocated_bytes;
      await work(operations);
      const allocatedBytes = (getHeapStatistics().total_allocated_bytes - allocatedBefore) / operations;
      await check(10_000);
      if (loads > 0) throw new RangeError(`${loads} reads were no hits`);
      const promises = ask(1) instanceof Promise ? 1 : 0;
      return { cpuNs, allocatedBytes, promises };
    },
  };
}

export const memoryHitBench: Bench = {
  name: 'memory-hit',
  question: 'What does a read cost that the memory tier answers?',
  method: [
    '10,000 photo records of 1 kB, read one by one as Zipf 0.9 draws them; everybody holds all of them, and a load during the measurement is an error.',
    'Keys are ready strings for everybody but Darkroom, whose interface takes an entity and an id, and where it says otherwise: that is to the advantage of the others.',
    `Darkroom is \`${candidate}\` as the service assembles it: outcome, version and freshness come with the value, and its metrics count each read.`,
    'Bytes are what the heap gave out per read, as V8 counts it. Promises: whether a hit is an immediate value (0) or a promise (1).',
    'Some libraries clone or parse at each read, so that a caller cannot change what the next one gets; Darkroom freezes the value once.',
  ],
  metrics: [
    { key: 'cpuNs', title: 'CPU per read', unit: 'ns', decimals: 0 },
    { key: 'allocatedBytes', title: 'heap per read', unit: 'B', decimals: 0 },
    { key: 'promises', title: 'promises', unit: '', decimals: 0 },
  ],
  reference: lruGet,
  targets: [
    ...[ours, oursObserved].flatMap((contestant) => [
      {
        contestant,
        metric: 'cpuNs',
        relation: 'value',
        against: null,
        sense: 'at-most',
        limit: 300,
      } as const,
      {
        contestant,
        metric: 'cpuNs',
        relation: 'ratio',
        against: lruGet,
        sense: 'at-most',
        limit: 3,
      } as const,
      {
        contestant: bentoGet,
        metric: 'cpuNs',
        relation: 'ratio',
        against: contestant,
        sense: 'at-least',
        limit: 60,
      } as const,
      {
        contestant,
        metric: 'promises',
        relation: 'value',
        against: null,
        sense: 'at-most',
        limit: 0,
      } as const,
    ]),
  ],
  contestants: Object.keys(entrants),
  unavailable: unavailableAmong(entrants),
  rounds: 7,
  prepare,
};
