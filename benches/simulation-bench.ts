import type { Reads } from '../cli/recordings/recording.ts';
import { entryBytes, simulators } from './contestants/simulated-lrus.ts';
import type { Assignment, Bench, Prepared } from './harness/bench.ts';
import { sampleCosts } from './harness/cpu-samples.ts';
import { drawZipfIds, drawsCount } from './harness/photo-records.ts';

const capacity = 10_000;
const objects = 100_000;
const zipfAlpha = 0.9;
const batchRows = 2_000;

/** Draws in batches, for ever: the second time around nothing is new. */
function createBatches(seed: number): () => Reads {
  const drawn = drawZipfIds(objects, zipfAlpha, seed);
  let from = 0;
  const column = {
    event: new Uint8Array(batchRows),
    class: new Uint16Array(batchRows),
    bytes: new Uint32Array(batchRows).fill(entryBytes),
    lifetimeMs: new Uint32Array(batchRows),
    replica: new Int16Array(batchRows),
    timeUs: new Float64Array(batchRows).fill(1_000_000),
  };
  return () => {
    from = (from + batchRows) % (drawsCount - batchRows);
    return { ...column, length: batchRows, object: drawn.subarray(from, from + batchRows) };
  };
}

async function prepare({ label, seed }: Assignment): Promise<Prepared> {
  const create = simulators[label];
  if (create === undefined) throw new RangeError(`there is no simulator ${label}`);
  const options = { samples: 5, warmUpMs: 500, sampleMs: 150, operationsMax: 5_000_000 };
  return {
    info: '',
    measure: async () => {
      const read = await create(capacity);
      const next = createBatches(seed);
      let hits = 0;
      let reads = 0;
      const work = (count: number): void => {
        for (let done = 0; done < count; done += batchRows) {
          hits = read(next());
          reads += batchRows;
        }
      };
      const { cpuNs } = await sampleCosts(work, options);
      return { readsPerUs: 1_000 / cpuNs, hitPct: (hits / reads) * 100 };
    },
  };
}

const target = (eviction: string) =>
  ({
    contestant: `Darkroom simulator, ${eviction}`,
    metric: 'readsPerUs',
    relation: 'value',
    against: null,
    sense: 'at-least',
    limit: 5,
  }) as const;

export const simulationBench: Bench = {
  name: 'simulation',
  question: 'How fast does the simulator read a recording?',
  method: [
    'One tier of 10,000 entries; reads as Zipf 0.9 draws them from 100,000 objects, which are numbers; one thread.',
    'Darkroom simulates a candidate with lifetimes, sizes and counts in bytes; the others know entries alone.',
  ],
  metrics: [
    { key: 'readsPerUs', title: 'million reads per second of CPU', unit: '', decimals: 1 },
    { key: 'hitPct', title: 'hit ratio', unit: '%', decimals: 1 },
  ],
  reference: 'LRU of a Map',
  targets: ['lru', 'sieve', 's3-fifo'].map(target),
  contestants: Object.keys(simulators),
  rounds: 7,
  prepare,
};
