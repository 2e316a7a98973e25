import { DarkroomError } from '../../errors.ts';
import type { Queries } from '../../storage/statement.ts';
import { idOf } from '../counter.ts';
import type { Counted, CounterKey, CounterMode, TimedEvent } from '../counter.ts';
import { counterRowStore } from '../counter-row-store.ts';
import { exactCount } from '../exact-count.ts';

const counted = (count: number): Counted => ({ count, rolledUpToMs: null });

export const readRows =
  (storage: Queries): CounterMode['getMany'] =>
  async (keys) => {
    const rows = await counterRowStore.load(storage, keys);
    return keys.map((key) => counted(rows.get(idOf(key))?.count ?? 0));
  };

/**
 * One row, raised in place: each raise waits for the commit of the one before it. What is sent twice counts
 * twice.
 */
export function createRowMode(storage: Queries): CounterMode {
  const raise = async (key: CounterKey, { delta, isClear }: TimedEvent, queries: Queries = storage) => {
    if (!isClear) return counterRowStore.raise(queries, key, delta);
    await counterRowStore.clear(queries, key);
    return 0;
  };
  return {
    write: async (key, event, queries) => void (await raise(key, event, queries)),
    writeAndGet: async (key, event, queries) => counted(await raise(key, event, queries)),
    getMany: readRows(storage),
  };
}

/** With so many that swap one row at once, few succeed: more attempts would only make it worse for all. */
const attemptsMax = 20;
const pauseMsMax = 32;

export type CasParts = {
  readonly storage: Queries;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
};

/** One row, read and swapped if it is still as it was read, again and again. What is sent twice counts twice. */
export function createRowCasMode({ storage, random, wait }: CasParts): CounterMode {
  const swap = async (key: CounterKey, { delta, isClear }: TimedEvent, queries: Queries = storage) => {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (attempt > 0) await wait(random() * Math.min(pauseMsMax, 2 ** attempt));
      const read = (await counterRowStore.load(queries, [key])).get(idOf(key));
      const count = isClear ? 0 : exactCount(String((read?.count ?? 0) + delta));
      if (await counterRowStore.swap(queries, key, read, count)) return count;
    }
    throw new DarkroomError(
      'COUNTER_CONTENDED',
      `The counter was changed by others in each of ${attemptsMax} attempts; it has not been counted. Try again.`,
    );
  };
  return {
    write: async (key, event, queries) => void (await swap(key, event, queries)),
    writeAndGet: async (key, event, queries) => counted(await swap(key, event, queries)),
    getMany: readRows(storage),
  };
}
