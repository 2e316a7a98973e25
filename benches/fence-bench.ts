import { darkroom, entrantOf, settingFor, unavailableAmong } from './contestants/entrant.ts';
import type { Entrants } from './contestants/entrant.ts';
import type { Assignment, Bench, Prepared } from './harness/bench.ts';
import { askConcurrently } from './contestants/concurrent-asks.ts';
import { sampleCosts } from './harness/cpu-samples.ts';
import { allIds, makePhoto } from './harness/photo-records.ts';

const keys = { count: 2_000, inMemory: 100 };
const concurrency = 64;
const plain = 'cache-aside:tiers=redis,protection=single-flight,ttl=1h';
const fenced = 'versioned:tiers=redis,ttl=1h';
const reference = `Darkroom ${plain}`;
const contestant = `Darkroom ${fenced}`;

const entrants: Entrants = { [reference]: darkroom(plain, true), [contestant]: darkroom(fenced, true) };

async function prepare(assignment: Assignment): Promise<Prepared> {
  const entrant = entrantOf(entrants, assignment.label);
  let loads = 0;
  const setting = settingFor(assignment, entrant, keys, async (id) => {
    loads += 1;
    return makePhoto(id);
  });
  const cache = await entrant.open(setting);
  const ids = allIds(keys.count);
  const read = (count: number) => askConcurrently(cache.read, ids, { count, concurrency });
  const cycle = async (id: number) => {
    const photo = await cache.read(id);
    await cache.remove?.(id);
    return photo;
  };
  let cycles = 0;
  const turn = async (count: number) => {
    cycles += count;
    await askConcurrently(cycle, ids, { count, concurrency });
  };
  await read(keys.count);
  return {
    info: '',
    measure: async () => {
      const options = { samples: 5, warmUpMs: 1_000, sampleMs: 400, operationsMax: 50_000 };
      loads = 0;
      const hit = await sampleCosts(read, options);
      if (loads > 0) throw new RangeError(`${loads} reads were no hits`);
      await turn(keys.count);
      [loads, cycles] = [0, 0];
      const fill = await sampleCosts(turn, options);
      if (loads !== cycles) throw new RangeError(`${cycles} cycles made ${loads} loads`);
      return { cycleUs: fill.cpuNs / 1_000, hitUs: hit.cpuNs / 1_000 };
    },
  };
}

export const fenceBench: Bench = {
  name: 'fence',
  question: 'What does it cost that no fill can put back what a write has removed?',
  method: [
    'One cycle is a read that misses, its load (which costs nothing), the fill, and a write that invalidates: GET, SET and UNLINK without a fence, GET and two scripts with one. 64 cycles at a time on 2,000 keys, on a Redis on loopback; CPU of the client process.',
    'A cycle in which nothing was loaded is an error: then a fill would have been refused, or an invalidation lost.',
  ],
  metrics: [
    { key: 'cycleUs', title: 'CPU per fill and invalidation', unit: 'µs', decimals: 1 },
    { key: 'hitUs', title: 'CPU per hit', unit: 'µs', decimals: 1 },
  ],
  reference,
  targets: [
    {
      contestant,
      metric: 'cycleUs',
      relation: 'difference',
      against: reference,
      sense: 'at-most',
      limit: 15,
    },
    { contestant, metric: 'hitUs', relation: 'ratio', against: reference, sense: 'at-most', limit: 1.05 },
  ],
  contestants: Object.keys(entrants),
  unavailable: unavailableAmong(entrants),
  rounds: 9,
  prepare,
};
