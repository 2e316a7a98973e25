import type { Queries } from '../../storage/statement.ts';
import { idOf, keyOf } from '../counter.ts';
import type { Counted, CounterKey, CounterMode, TimedEvent } from '../counter.ts';
import { counterRowStore } from '../counter-row-store.ts';
import { exactCount } from '../exact-count.ts';
import { readRows } from './row-modes.ts';
import { createUnflushedSums } from './unflushed-sums.ts';
import type { UnflushedSums } from './unflushed-sums.ts';

/** With so many counters that wait, a process flushes at once; no statement raises more. */
const batchMax = 10_000;
/** Some 20 MB, when names are long. */
const usualCountersMax = 100_000;
/** Processes that started together do not flush together. */
const jitter = 0.25;
/**
 * How many times a read is tried while flushes or clears come in between. The last result is taken as it is: it may
 * be too high by what a flush had under way.
 */
const readAttemptsMax = 3;

export type FlushParts = {
  readonly storage: Queries;
  readonly everyMs: number;
  readonly random: () => number;
  /** While storage is away, the sums of so many counters are kept, and others are refused. Absent: 100,000. */
  readonly countersMax?: number;
  readonly onTrouble: (reason: unknown) => void;
};

/**
 * Each process sums for itself and flushes now and then. A process that dies takes with it what it has not flushed, what is sent
 * twice counts twice, and a clear reaches only the sum of the process that is asked.
 */
export function createFlushMode(parts: FlushParts): CounterMode {
  const { storage, onTrouble } = parts;
  const sums = createUnflushedSums(parts.countersMax ?? usualCountersMax);
  const turns = createTurns();
  const flusher = createFlusher(parts, sums, turns);
  const read = readRows(storage);
  const write = async (key: CounterKey, { delta, isClear }: TimedEvent): Promise<void> => {
    if (isClear) {
      // It waits for the sums that are under way, which would be added to the cleared row.
      await turns.take(async () => {
        await counterRowStore.clear(storage, key);
        sums.drop(idOf(key));
      });
      return;
    }
    sums.add(idOf(key), delta);
    await flusher.added();
  };
  /** Counts without what other processes have not flushed yet. */
  const getMany = async (keys: readonly CounterKey[]): Promise<readonly Counted[]> => {
    const rows = await turns.between(() => read(keys), readAttemptsMax);
    return rows.map(({ count, rolledUpToMs }, index) => {
      const key = keys[index];
      const own = key === undefined ? 0 : sums.of(idOf(key));
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
    close: () => flusher.close().catch(onTrouble),
  };
}

type Turns = ReturnType<typeof createTurns>;

/** Changes of rows and sums together, one after the other, so that a read can tell whether it has seen the same of both. */
function createTurns() {
  let last: Promise<void> = Promise.resolve();
  /** Rises when a turn begins and when it ends: it is odd within one. */
  let edges = 0;
  return {
    take(step: () => Promise<void>): Promise<void> {
      const taken = last.then(async () => {
        edges += 1;
        try {
          await step();
        } finally {
          edges += 1;
        }
      });
      // Whoever has taken the turn hears of its failure; the next one has its turn all the same.
      last = taken.catch(() => {});
      return taken;
    },
    /** Reads while there is no turn. The last attempt is taken as it is. */
    async between<T>(read: () => Promise<T>, attemptsMax: number): Promise<T> {
      for (let attempt = 1; ; attempt += 1) {
        await last;
        const before = edges;
        const found = await read();
        if ((before === edges && before % 2 === 0) || attempt >= attemptsMax) return found;
      }
    },
  };
}

function createFlusher(parts: FlushParts, sums: UnflushedSums, turns: Turns) {
  const { storage, everyMs, random, onTrouble } = parts;
  let timer: NodeJS.Timeout | undefined;
  let next: Promise<void> | undefined;
  let isStorageAway = false;
  const flushBatch = async (): Promise<void> => {
    const deltas = sums.takeUnderWay(batchMax).map(([id, delta]) => ({ ...keyOf(id), delta }));
    try {
      await counterRowStore.raiseMany(storage, deltas);
      sums.arrived();
      isStorageAway = false;
    } catch (error) {
      // Whether it was counted is not known where storage has not answered: then this may count twice.
      sums.putBack();
      isStorageAway = true;
      onTrouble(error);
    }
  };
  /** Flushes what waits when its turn comes. Whoever asks before that shares this flush. */
  const flush = (): Promise<void> =>
    (next ??= turns.take(async () => {
      next = undefined;
      isStorageAway = false;
      for (let batches = Math.ceil(sums.waiting() / batchMax); batches > 0; batches -= 1) {
        await flushBatch();
        if (isStorageAway) return;
      }
    }));
  const flushAgain = async (): Promise<void> => {
    await flush();
    if (sums.waiting() > 0) arm();
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
  return {
    /** Many that wait are flushed at once; where storage has just failed, they wait for the next time. */
    async added(): Promise<void> {
      arm();
      if (sums.waiting() >= batchMax && !isStorageAway) await flush();
    },
    async close(): Promise<void> {
      clearTimeout(timer);
      await flush();
    },
  };
}
