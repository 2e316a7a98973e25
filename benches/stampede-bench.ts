import { setTimeout as wait } from 'node:timers/promises';
import { openAsyncCacheDedupe } from './contestants/async-cache-dedupe.ts';
import { openLruCacheFetch } from './contestants/bare-stores.ts';
import { openCacheManager } from './contestants/cache-manager.ts';
import { openCacheable } from './contestants/cacheable.ts';
import { openCachified } from './contestants/cachified.ts';
import { darkroom, entrantOf, settingFor, unavailableAmong } from './contestants/entrant.ts';
import type { Entrant, Entrants } from './contestants/entrant.ts';
import { openLayeredLoader } from './contestants/layered-loader.ts';
import { openBentocache } from './contestants/on-ioredis-5/bentocache.ts';
import type { Assignment, Bench, Figures, Lab, OpenedBench, Prepared } from './harness/bench.ts';
import { makePhoto } from './harness/photo-records.ts';

const readers = 200;
const loadMs = 50;
const keys = { count: 10, inMemory: 1_000 };
/** One key to be connected and warm, one for the stampede. */
const warmId = 1;
const coldId = 2;
const tiers = 'memory+redis';
const leased = 'cache-aside:protection=lease';

/** Ours are data: a candidate that this Darkroom does not know is skipped with its reason. */
const candidates = ['cache-aside', 'cache-aside:protection=single-flight', 'versioned', leased, 'lease'];

const entrants: Entrants = {
  ...Object.fromEntries(
    candidates.map((text): [string, Entrant] => [`Darkroom ${text}`, darkroom(text, true)]),
  ),
  'lru-cache fetch, memory only': { open: openLruCacheFetch, call: 'read', tiers: 'memory' },
  'cachified on lru-cache, memory only': { open: openCachified, call: 'read', tiers: 'memory' },
  'async-cache-dedupe, redis only': { open: openAsyncCacheDedupe, call: 'read', tiers },
  'layered-loader get': { open: openLayeredLoader, call: 'read', tiers },
  'cache-manager wrap': { open: openCacheManager, call: 'read', tiers },
  'cacheable getOrSet': { open: openCacheable, call: 'read', tiers },
  'bentocache getOrSet': { open: openBentocache, call: 'read', tiers },
};

async function prepare(assignment: Assignment): Promise<Prepared> {
  const entrant = entrantOf(entrants, assignment.label);
  const isFailing = assignment.part === 'failing';
  let loads = 0;
  const setting = settingFor(assignment, entrant, keys, async (id) => {
    loads += 1;
    if (id === warmId) return makePhoto(id);
    await wait(loadMs);
    if (isFailing) throw new RangeError('storage does not answer');
    return makePhoto(id);
  });
  const cache = await entrant.open(setting);
  await cache.read(warmId);
  return {
    info: '',
    measure: async () => {
      loads = 0;
      const startedAtMs = performance.now();
      const answers = await Promise.allSettled(
        Array.from({ length: readers }, async () => cache.read(coldId)),
      );
      const settledMs = performance.now() - startedAtMs;
      const errors = answers.filter(({ status }) => status === 'rejected').length;
      const wrong = answers.filter((answer) => answer.status === 'fulfilled' && answer.value?.id !== coldId);
      if (!isFailing && (errors > 0 || wrong.length > 0))
        throw new RangeError('a read did not get its photo');
      return { loads, errors, settledMs };
    },
  };
}

/** Each round is three stampedes, each on a Redis without the key: one process, two at once, and one whose load fails. */
async function open(lab: Lab): Promise<OpenedBench> {
  const stampede = async (label: string, parts: readonly string[]): Promise<Figures[]> => {
    await lab.emptyRedis();
    const launched = await Promise.all(parts.map((part) => lab.launch(label, part)));
    return Promise.all(launched.map((contestant) => contestant.measure()));
  };
  return {
    round: async (label) => {
      const [alone] = await stampede(label, ['alone']);
      const together = await stampede(label, ['first', 'second']);
      const [failing] = await stampede(label, ['failing']);
      return {
        loads: alone?.['loads'] ?? Number.NaN,
        pairLoads: together.reduce((sum, { loads = Number.NaN }) => sum + loads, 0),
        failingLoads: failing?.['loads'] ?? Number.NaN,
        errors: failing?.['errors'] ?? Number.NaN,
        settledMs: failing?.['settledMs'] ?? Number.NaN,
      };
    },
    close: async () => {},
  };
}

const protectedOnes = ['cache-aside:protection=single-flight', 'versioned', leased];

export const stampedeBench: Bench = {
  name: 'stampede',
  question: 'How often is storage asked when 200 readers want the same missing key at once?',
  method: [
    '200 reads in one turn of the event loop; a load takes 50 ms. Two processes begin together, 200 reads each, behind one Redis. Then a load that fails after 50 ms: how often it was tried, how many readers were told, and when the last one was.',
    'Memory only means that two processes share nothing.',
  ],
  metrics: [
    { key: 'loads', title: 'loads, one process', unit: '', decimals: 0 },
    { key: 'pairLoads', title: 'loads, two processes', unit: '', decimals: 0 },
    { key: 'failingLoads', title: 'failing loads', unit: '', decimals: 0 },
    { key: 'errors', title: 'readers told', unit: '', decimals: 0 },
    { key: 'settledMs', title: 'last one told', unit: 'ms', decimals: 0 },
  ],
  reference: 'Darkroom cache-aside',
  targets: [
    ...protectedOnes.flatMap((text) =>
      ['loads', 'failingLoads'].map(
        (metric) =>
          ({
            contestant: `Darkroom ${text}`,
            metric,
            relation: 'value',
            against: null,
            sense: 'at-most',
            limit: 1,
          }) as const,
      ),
    ),
    {
      contestant: `Darkroom ${leased}`,
      metric: 'pairLoads',
      relation: 'value',
      against: null,
      sense: 'at-most',
      limit: 1,
    },
  ],
  contestants: Object.keys(entrants),
  unavailable: unavailableAmong(entrants),
  rounds: 5,
  open,
  prepare,
};
