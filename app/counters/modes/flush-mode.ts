import type { Queries } from '../../storage/statement.ts';
import { idOf, keyOf } from '../counter.ts';
import type { Counted, CounterKey, CounterMode, TimedEvent } from '../counter.ts';
import { counterRowStore } from '../counter-row-store.ts';
import { exactCount } from '../exact-count.ts';
import { readRows } from './row-modes.ts';

/** With so many counters that wait, a process flushes at once. */
const waitingMax = 10_000;
/** Processes that started together do not flush together. */
const jitter = 0.25;

export type FlushParts = {
  readonly storage: Queries;
  readonly everyMs: number;
  readonly random: () => number;
  readonly onTrouble: (reason: unknown) => void;
};

/**
 * Each process sums for itself and flushes now and then. A process that dies takes with it what it has not flushed, what is sent
 * twice counts twice, and a clear reaches only the sum of the process that is asked.
 */
export function createFlushMode({ storage, everyMs, random, onTrouble }: FlushParts): CounterMode {
  let waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  const read = readRows(storage);
  const add = (id: string, delta: number): void => {
    waiting.set(id, exactCount(String((waiting.get(id) ?? 0) + delta)));
  };
  const flushOnce = async (): Promise<void> => {
    const deltas = waiting;
    waiting = new Map();
    if (deltas.size === 0) return;
    try {
      await counterRowStore.raiseMany(
        storage,
        [...deltas].map(([id, delta]) => ({ ...keyOf(id), delta })),
      );
    } catch (error) {
      // Whether it was counted is not known where storage has not answered: then this may count twice.
      for (const [id, delta] of deltas) add(id, delta);
      onTrouble(error);
    }
  };
  const flush = (): Promise<void> => (flushing = flushing.then(flushOnce));
  const flushAgain = async (): Promise<void> => {
    await flush();
    if (waiting.size > 0) arm();
  };
  const arm = (): void => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        flushAgain().catch(onTrouble);
      },
      everyMs * (1 - jitter + 2 * jitter * random()),
    ).unref();
  };
  const write = async (key: CounterKey, { delta, isClear }: TimedEvent): Promise<void> => {
    if (isClear) {
      waiting.delete(idOf(key));
      await counterRowStore.clear(storage, key);
      return;
    }
    add(idOf(key), delta);
    if (waiting.size >= waitingMax) await flush();
    else arm();
  };
  /** What other processes have not flushed is not in it. */
  const getMany = async (keys: readonly CounterKey[]): Promise<readonly Counted[]> => {
    const rows = await read(keys);
    return rows.map(({ count, rolledUpToMs }, index) => {
      const key = keys[index];
      const own = key === undefined ? 0 : (waiting.get(idOf(key)) ?? 0);
      return { count: exactCount(String(count + own)), rolledUpToMs };
    });
  };
  return {
    write,
    async writeAndGet(key, event) {
      await write(key, event);
      const [counted] = await getMany([key]);
      return counted ?? { count: 0, rolledUpToMs: null };
    },
    getMany,
    async close() {
      clearTimeout(timer);
      await flush();
    },
  };
}
