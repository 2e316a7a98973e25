import { openAsyncCacheDedupe } from './contestants/async-cache-dedupe.ts';
import { openCacheManager } from './contestants/cache-manager.ts';
import { openCacheable } from './contestants/cacheable.ts';
import { openCachified } from './contestants/cachified.ts';
import { darkroom, entrantOf, settingFor, unavailableAmong } from './contestants/entrant.ts';
import type { Entrants } from './contestants/entrant.ts';
import { openLayeredLoader } from './contestants/layered-loader.ts';
import { openBentocache } from './contestants/on-ioredis-5/bentocache.ts';
import { openIoredis5 } from './contestants/on-ioredis-5/ioredis-5.ts';
import { openIoredis, openIoredisPipelining, openNodeRedis } from './contestants/raw-redis.ts';
import type { Assignment, Bench, Prepared } from './harness/bench.ts';
import { askConcurrently, askInBatches } from './contestants/concurrent-asks.ts';
import type { Ask } from './contestants/concurrent-asks.ts';
import { sampleCosts } from './harness/cpu-samples.ts';
import { allIds, drawUniformIds, makePhoto } from './harness/photo-records.ts';

const keys = { count: 20_000, inMemory: 100 };
const concurrency = 64;
const batch = 64;
const redisOnly = 'cache-aside:tiers=redis,ttl=1h';
const twoTiers = 'cache-aside:tiers=memory+redis,ttl=1h,memory=256KiB';
const ours = `Darkroom ${redisOnly}`;
const oursTwoTiers = `Darkroom ${twoTiers}`;
const reference = 'ioredis GET + JSON.parse';
const tiers = 'memory+redis';

const entrants: Entrants = {
  [reference]: { open: openIoredis, call: 'get', tiers },
  'ioredis GET + JSON.parse, auto-pipelining': { open: openIoredisPipelining, call: 'get', tiers },
  'ioredis MGET of 64 + JSON.parse': { open: openIoredis, call: 'readMany', tiers },
  'ioredis 5 GET + JSON.parse': { open: openIoredis5, call: 'get', tiers },
  'node-redis GET + JSON.parse': { open: openNodeRedis, call: 'get', tiers },
  [ours]: darkroom(redisOnly, true),
  [oursTwoTiers]: darkroom(twoTiers, true),
  'Darkroom readMany of 64': { ...darkroom(redisOnly, true), call: 'readMany' },
  'Darkroom codec=msgpack': darkroom(`${redisOnly},codec=msgpack`, true),
  'cachified on ioredis': { open: openCachified, call: 'read', tiers },
  'async-cache-dedupe, redis only': { open: openAsyncCacheDedupe, call: 'read', tiers },
  'layered-loader get': { open: openLayeredLoader, call: 'read', tiers },
  'bentocache get': { open: openBentocache, call: 'get', tiers },
  'bentocache getOrSet': { open: openBentocache, call: 'read', tiers },
  'cache-manager get': { open: openCacheManager, call: 'get', tiers },
  'cache-manager wrap': { open: openCacheManager, call: 'read', tiers },
  'cacheable get': { open: openCacheable, call: 'get', tiers },
  'cacheable getOrSet': { open: openCacheable, call: 'read', tiers },
};

async function prepare(assignment: Assignment): Promise<Prepared> {
  const entrant = entrantOf(entrants, assignment.label);
  let loads = 0;
  const setting = settingFor(assignment, entrant, keys, async (id) => {
    loads += 1;
    return makePhoto(id);
  });
  const cache = await entrant.open(setting);
  await askConcurrently(cache.read, allIds(keys.count), { count: keys.count, concurrency });
  loads = 0;
  const ids = drawUniformIds(keys.count, assignment.seed);
  const ask = (entrant.call === 'get' ? cache.get : cache.read) as Ask;
  const { readMany } = cache;
  const work = (count: number): Promise<void> =>
    entrant.call === 'readMany' && readMany !== undefined
      ? askInBatches(readMany, ids, { count, concurrency: 2, batch })
      : askConcurrently(ask, ids, { count, concurrency });
  return {
    info: '',
    measure: async () => {
      const options = { samples: 5, warmUpMs: 700, sampleMs: 300, operationsMax: 50_000 };
      const { cpuNs, wallNs } = await sampleCosts(work, options);
      if (loads > 0) throw new RangeError(`${loads} reads were no hits`);
      return { cpuUs: cpuNs / 1_000, perSecond: 1e9 / wallNs };
    },
  };
}

export const redisHitBench: Bench = {
  name: 'redis-hit',
  question: 'What does a read cost that memory cannot answer and Redis can?',
  method: [
    '20,000 photo records of 1 kB in Redis on loopback, drawn uniformly, 64 reads at a time; memory tiers hold 100 entries, so about one read in 200 is a memory hit. A load during the measurement is an error.',
    'CPU is that of the client process alone; operations per second depend on the whole machine. MGET and readMany: two batches of 64 at a time, per key.',
    'Darkroom runs with its metrics on and pipelines what one turn of the event loop asks; the reference with the defaults of ioredis. bentocache runs on ioredis 5, which it asks for.',
  ],
  metrics: [
    { key: 'cpuUs', title: 'client CPU per read', unit: 'µs', decimals: 1 },
    { key: 'perSecond', title: 'reads per second', unit: '', decimals: 0 },
  ],
  reference,
  targets: [ours, oursTwoTiers].map(
    (contestant) =>
      ({
        contestant,
        metric: 'cpuUs',
        relation: 'ratio',
        against: reference,
        sense: 'at-most',
        limit: 1.3,
      }) as const,
  ),
  contestants: Object.keys(entrants),
  unavailable: unavailableAmong(entrants),
  rounds: 7,
  prepare,
};
