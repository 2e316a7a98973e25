import { boundedStores } from './contestants/bounded-stores.ts';
import type { PlainStore } from './contestants/bounded-stores.ts';
import type { Assignment, Bench, Prepared } from './harness/bench.ts';
import { sampleCosts } from './harness/cpu-samples.ts';
import { allIds, drawZipfIds, drawsCount, makeKeys } from './harness/photo-records.ts';

const capacity = 10_000;
const keysCount = 100_000;
const zipfAlpha = 0.9;
const reference = 'lru-cache, bounded in entries';
/** A policy may refuse a few that it does not expect to be asked for. */
const keptShareMin = 0.99;

/** Loops over one store. Each returns how many of its gets were hits. */
function createLoops(store: PlainStore, seed: number) {
  const keyOf = makeKeys(keysCount);
  const values = Array.from({ length: keysCount + 1 }, (_, id) => ({ id }));
  const few = drawZipfIds(capacity, zipfAlpha, seed);
  const many = drawZipfIds(keysCount, zipfAlpha, seed);
  const place = (index: number) => index & (drawsCount - 1);
  let next = 0;
  /** Goes on where the last loop ended: a short loop that began anew would find all its keys. */
  let drawn = 0;
  const set = (id: number) => void store.set(keyOf(id), values[id] as object);
  return {
    fill: () => allIds(capacity).forEach(set),
    gets(count: number): number {
      let hits = 0;
      for (let index = 0; index < count; index += 1)
        if (store.get(keyOf(few[place(index)] as number)) !== undefined) hits += 1;
      return hits;
    },
    /** Keys that have been gone for long, so that each has to push another one out. */
    sets(count: number): void {
      for (let index = 0; index < count; index += 1) {
        next = (next % keysCount) + 1;
        set(next);
      }
    },
    requests(count: number): number {
      let hits = 0;
      for (let index = 0; index < count; index += 1) {
        const id = many[place((drawn += 1))] as number;
        if (store.get(keyOf(id)) === undefined) set(id);
        else hits += 1;
      }
      return hits;
    },
  };
}

async function prepare({ label, seed }: Assignment): Promise<Prepared> {
  const create = boundedStores[label];
  if (create === undefined) throw new RangeError(`there is no store ${label}`);
  const options = { samples: 5, warmUpMs: 200, sampleMs: 80, operationsMax: 1_000_000 };
  const loops = () => createLoops(create(capacity), seed);
  return {
    info: '',
    measure: async () => {
      const full = loops();
      full.fill();
      const get = await sampleCosts((count) => void full.gets(count), options);
      if (full.gets(drawsCount) < drawsCount * keptShareMin) throw new RangeError('a get was no hit');
      const churned = loops();
      churned.sets(keysCount);
      const set = await sampleCosts((count) => churned.sets(count), options);
      const used = loops();
      used.requests(drawsCount);
      const hitPct = (used.requests(drawsCount) / drawsCount) * 100;
      const request = await sampleCosts((count) => void used.requests(count), options);
      return {
        requestNs: request.cpuNs,
        getNs: get.cpuNs,
        setNs: set.cpuNs,
        hitPct,
      };
    },
  };
}

export const evictionBench: Bench = {
  name: 'eviction',
  question: 'What do the eviction policies of the memory tier cost, and what do they keep?',
  method: [
    'A store of 10,000 entries. Request: a get as Zipf 0.9 draws it from 100,000 keys, and a set when it was not there; hit ratio after one pass of 131,072 requests, in the next. Get: all 10,000 keys are there. Set: a key that is not there, into a full store.',
    'Darkroom and the second lru-cache are bounded in bytes. Keys are ready strings. A Map never evicts: it is the floor, not a cache.',
  ],
  metrics: [
    { key: 'requestNs', title: 'CPU per request', unit: 'ns', decimals: 0 },
    { key: 'getNs', title: 'CPU per get', unit: 'ns', decimals: 0 },
    { key: 'setNs', title: 'CPU per set', unit: 'ns', decimals: 0 },
    { key: 'hitPct', title: 'hit ratio', unit: '%', decimals: 1 },
  ],
  reference,
  targets: [],
  contestants: Object.keys(boundedStores),
  rounds: 7,
  prepare,
};
