import type { Queries } from '../storage/statement.ts';
import { idOf } from './counter.ts';
import type { CounterKey } from './counter.ts';
import type { CounterNamespaces } from './counter-namespaces.ts';
import type { RollupCache } from './rollup-cache.ts';
import { rollupTtlMs } from './rollup-cache.ts';
import { rollupStore } from './rollup-store.ts';
import type { Rollup } from './rollup-store.ts';

/**
 * Stands for no rollup. That nothing was rolled up until the beginning of time is always true, and any rollup
 * replaces it.
 */
const nothing: Rollup = { count: '0', rollupMs: 0 };
/**
 * How long that is kept for a name that nobody has counted with: a read of many such names must not fill
 * Redis for days.
 */
const nothingTtlMs = 60_000;

/** Where rollups stand, in the order of the keys: one MGET, and one query for what it does not have. */
export type ReadRollups = (keys: readonly CounterKey[]) => Promise<readonly Rollup[]>;

export type RollupReaderParts = {
  readonly storage: Queries;
  readonly cache: RollupCache;
  readonly namespaces: CounterNamespaces;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

export function createReadRollups(parts: RollupReaderParts): ReadRollups {
  const { storage, cache, namespaces, runInBackground } = parts;
  return async (keys) => {
    const cached = await cache.readMany(keys).catch(() => null);
    const missing = keys.filter((_, index) => cached?.[index] === undefined);
    const loaded = await rollupStore.load(storage, missing);
    const found = (key: CounterKey): Rollup => loaded.get(idOf(key)) ?? nothing;
    // A Redis that has not answered is not asked to take something either.
    if (cached !== null && missing.length > 0) {
      const filled = missing.map((key) => {
        const rollup = found(key);
        const namespace = namespaces.get(key.namespace);
        const isNothing = rollup === nothing || namespace === undefined;
        return { ...key, ...rollup, ttlMs: isNothing ? nothingTtlMs : rollupTtlMs(namespace) };
      });
      runInBackground('keep rollups in Redis', cache.fill(filled));
    }
    return keys.map((key, index) => cached?.[index] ?? found(key));
  };
}
