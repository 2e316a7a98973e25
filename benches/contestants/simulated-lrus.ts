import { LRUCache } from 'lru-cache';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import type { Reads } from '../../cli/recordings/recording.ts';
import { createSimulation } from '../../cli/simulator/simulation.ts';
import { defaultSettings } from '../../cli/simulator/simulation-conditions.ts';

/** Reads that are simulated; returns how many of all so far were hits. */
export type BatchReader = (reads: Reads) => number;

/** What every entry weighs. */
export const entryBytes = 1_000;

/** What a few lines do: a Map keeps the order of insertion. */
function createMapLru(entries: number): BatchReader {
  const held = new Map<number, true>();
  let hits = 0;
  return ({ object, length }) => {
    for (let row = 0; row < length; row += 1) {
      const key = object[row] as number;
      if (held.delete(key)) hits += 1;
      else if (held.size === entries) held.delete(held.keys().next().value as number);
      held.set(key, true);
    }
    return hits;
  };
}

function createLibraryLru(entries: number): BatchReader {
  const held = new LRUCache<number, true>({ max: entries });
  let hits = 0;
  return ({ object, length }) => {
    for (let row = 0; row < length; row += 1) {
      const key = object[row] as number;
      if (held.get(key) === undefined) held.set(key, true);
      else hits += 1;
    }
    return hits;
  };
}

const ofCandidate =
  (eviction: string) =>
  async (entries: number): Promise<BatchReader> => {
    const text = `cache-aside:tiers=memory,eviction=${eviction},ttl=1h,memory=${Math.ceil((entries * entryBytes) / 1_024)}KiB`;
    const settings = { ...defaultSettings, replicas: 1, overheadBytes: 0 };
    const simulation = await createSimulation(parseCandidate(text).cache, settings);
    return (reads) => {
      simulation.run(reads, ['photo']);
      return simulation.counts().memoryHits;
    };
  };

/** By label: what simulates a cache of so many entries. */
export const simulators: Readonly<Record<string, (entries: number) => Promise<BatchReader>>> = {
  'LRU of a Map': async (entries) => createMapLru(entries),
  'lru-cache': async (entries) => createLibraryLru(entries),
  'Darkroom simulator, lru': ofCandidate('lru'),
  'Darkroom simulator, fifo': ofCandidate('fifo'),
  'Darkroom simulator, sieve': ofCandidate('sieve'),
  'Darkroom simulator, s3-fifo': ofCandidate('s3-fifo'),
  'Darkroom simulator, w-tinylfu': ofCandidate('w-tinylfu'),
};
