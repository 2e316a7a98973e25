import type { Clock } from '../../clock.ts';
import type { DeferrableWrite } from '../cache.ts';
import { applyWrites } from './apply-writes.ts';
import type { ApplyParts } from './apply-writes.ts';
import { createBackOff } from './back-off.ts';
import type { CacheSettings } from '../settings/cache-axes.ts';
import type { CircuitBreaker } from '../../redis/circuit-breaker.ts';
import type { TakenWrite, WriteLog } from './write-log.ts';

/** Writes that storage does not have yet, in bounded number, kept where no process can take them along when it dies. */
export type WriteQueue = {
  /** False: it is full or cannot be reached, so the write has to go to storage at once. Never rejects. */
  append(write: DeferrableWrite<unknown>): Promise<boolean>;
  /** Begins to take writes out by itself. */
  start(): void;
  /** Takes out what waits, and what others took and never finished. Rejects when storage or Redis is not there. */
  flush(): Promise<void>;
  /** Flushes for a bounded time; what is left waits for the next start, here or in another replica. */
  stop(): Promise<void>;
};

export type WriteQueueOptions = Omit<ApplyParts, 'log'> & {
  readonly log: WriteLog;
  readonly candidate: Pick<CacheSettings, 'flushMs' | 'queueEntriesMax'>;
  readonly breaker: CircuitBreaker;
  /** Decides when a flush is due, and how long to rest after a failure. */
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** Runs a flush in a trace of its own, linked to the write that set it off. Absent: nothing is traced. */
  readonly inOwnTrace?: (name: string, work: () => Promise<void>) => Promise<void>;
  /** For tests: how long a write may be in somebody's hands before others take it over. */
  readonly takeOverMs?: number;
  /** For tests: how long the end may take. */
  readonly stopLimitMs?: number;
};

/** One statement for so many: enough to make it cheap, few enough to be done in milliseconds. */
const batchMax = 500;
/** Longer than any attempt lasts: waiting for a connection, the statement, the cache. */
const defaultTakeOverMs = 5_000;
/**
 * The shortest interval at which a replica flushes even if no write has come: every flush also takes over writes that
 * others have taken and never finished.
 */
const lookMs = 1_000;
/**
 * How long the end of the queue may take, with its last flush: requests have ended by then, and the process has ten
 * seconds in all to stop.
 */
const defaultStopLimitMs = 3_000;
/** A write is a few ids; what is longer goes to storage at once, so that the queue's memory has a bound. */
const payloadCharsMax = 4_096;

export function createWriteQueue(options: WriteQueueOptions): WriteQueue {
  const { log, kinds, candidate, breaker, observe } = options;
  const { flushMs, queueEntriesMax } = candidate;
  const { flush, applied } = createFlush(options);
  const rounds = createRounds(flush, applied, options);

  const tell = (outcome: 'appended' | 'full' | 'unavailable'): void =>
    observe.happened({ type: 'queue', outcome, count: 1 });
  const tryAppend = async (write: DeferrableWrite<unknown>): Promise<number | null> => {
    const payload = JSON.stringify(write.payload);
    if (payload.length > payloadCharsMax || !kinds.has(write.kind) || !breaker.allows()) return null;
    try {
      const length = await log.append({ ...write, payload }, queueEntriesMax);
      breaker.succeeded();
      return length;
    } catch {
      breaker.failed();
      return null;
    }
  };

  return {
    async append(write) {
      const length = await tryAppend(write);
      tell(length === null ? 'unavailable' : length === 0 ? 'full' : 'appended');
      if (length === null) return false;
      if (length === 0 || length > queueEntriesMax / 2) rounds.soon(0);
      else rounds.soon(flushMs);
      return length > 0;
    },
    start: () => rounds.start(),
    flush,
    stop: () => rounds.stop(),
  };
}

/** `flush`: one pass over all that waits. `applied`: how many writes it has brought to an end so far. */
function createFlush(options: WriteQueueOptions): {
  readonly flush: () => Promise<void>;
  readonly applied: () => number;
} {
  const { log, kinds, candidate, observe, takeOverMs = defaultTakeOverMs } = options;
  const passesMax = Math.ceil(candidate.queueEntriesMax / batchMax) + 1;
  /** Halved when taken-over writes fail together, so that in the end the one that fails is alone. */
  let takeOverMax = batchMax;
  let applied = 0;

  const apply = async (taken: readonly TakenWrite[], isRepeated: boolean): Promise<void> => {
    const startedAtMs = performance.now();
    await applyWrites(options, taken, isRepeated);
    applied += taken.length;
    const waitedMs = Math.max(...taken.map((write) => write.waitedMs));
    observe.happened({ type: 'queue-wait', durationMs: waitedMs + performance.now() - startedAtMs });
  };
  const takeOver = async (): Promise<number> => {
    const taken = await log.takeOver(takeOverMax, takeOverMs);
    if (taken.length === 0) return 0;
    try {
      await apply(taken, true);
      takeOverMax = Math.min(batchMax, takeOverMax * 2);
    } catch (error) {
      takeOverMax = Math.max(1, takeOverMax >> 1);
      throw error;
    }
    return taken.length;
  };
  const flush = async (): Promise<void> => {
    // Nobody can apply anything before the services have said how.
    if (kinds.size === 0) return;
    for (let pass = 0; pass < passesMax; pass += 1) {
      const taken = await log.take(batchMax);
      if (taken.length > 0) await apply(taken, false);
      if (taken.length < batchMax) break;
    }
    for (let pass = 0; pass < passesMax; pass += 1) if ((await takeOver()) === 0) break;
  };
  return { flush, applied: () => applied };
}

/**
 * Rings once, at the earliest of the times that were asked for since it last rang. The timer waits in real time: a world whose clock
 * stands still has nothing to flush that was not due.
 */
function createAlarm(ring: () => void, clock: Clock): { within(ms: number): void; clear(): void } {
  let handle: NodeJS.Timeout | undefined;
  let dueMs = Infinity;
  const clear = (): void => {
    clearTimeout(handle);
    dueMs = Infinity;
  };
  return {
    clear,
    within(ms) {
      const askedMs = clock.now() + ms;
      if (dueMs <= askedMs) return;
      clear();
      dueMs = askedMs;
      handle = setTimeout(() => {
        dueMs = Infinity;
        ring();
      }, ms);
    },
  };
}

/** When to flush: so long after a write has come, and again and again for what others have left. One at a time. */
function createRounds(
  flush: () => Promise<void>,
  applied: () => number,
  {
    candidate,
    clock,
    random,
    runInBackground,
    inOwnTrace = (_, work) => work(),
    stopLimitMs = defaultStopLimitMs,
  }: WriteQueueOptions,
): { start(): void; soon(ms: number): void; stop(): Promise<void> } {
  let look: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const backOff = createBackOff(applied, random, clock);
  let isWanted = false;
  let isStopped = false;

  const alarm = createAlarm(() => {
    backOff.endRest();
    round();
  }, clock);
  const runAll = async (): Promise<void> => {
    try {
      do {
        isWanted = false;
        await flush();
      } while (isWanted && !isStopped);
      backOff.succeeded();
    } catch (error) {
      const restMs = backOff.failed();
      alarm.clear();
      if (!isStopped) alarm.within(restMs);
      throw error;
    } finally {
      running = undefined;
    }
  };
  const round = (): void => {
    isWanted = true;
    if (running !== undefined || isStopped || backOff.isResting()) return;
    running = inOwnTrace('cache.flush', runAll);
    runInBackground('flush of the write queue', running);
  };
  return {
    start() {
      look = setInterval(round, Math.max(lookMs, candidate.flushMs));
      look.unref();
    },
    soon(ms) {
      if (look !== undefined && !backOff.isResting() && !isStopped) alarm.within(ms);
    },
    async stop() {
      isStopped = true;
      clearInterval(look);
      alarm.clear();
      const { promise: limit, resolve } = Promise.withResolvers<void>();
      const handle = setTimeout(resolve, stopLimitMs);
      const last = (async () => {
        await running?.catch(() => {});
        await flush();
      })().catch(() => {});
      await Promise.race([last, limit]);
      clearTimeout(handle);
    },
  };
}
