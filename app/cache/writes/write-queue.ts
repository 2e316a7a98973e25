import type { DeferrableWrite } from '../cache.ts';
import { applyWrites } from './apply-writes.ts';
import type { ApplyParts } from './apply-writes.ts';
import type { Candidate } from '../candidates/candidate.ts';
import type { CircuitBreaker } from '../redis/circuit-breaker.ts';
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
  readonly candidate: Pick<Candidate, 'flushMs' | 'queueEntriesMax'>;
  readonly breaker: CircuitBreaker;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  /** Runs a flush, where somebody wants to watch it apart from the write that has asked for it. */
  readonly aside?: (name: string, work: () => Promise<void>) => Promise<void>;
  /** For tests: how long a write may be in somebody's hands before others take it over. */
  readonly takeOverMs?: number;
  /** For tests: how long the end may take. */
  readonly stopLimitMs?: number;
};

/** One statement for so many: enough to make it cheap, few enough to be done in milliseconds. */
const batchMax = 500;
/** Longer than any attempt lasts: waiting for a connection, the statement, the cache. */
const defaultTakeOverMs = 5_000;
/** After a failure, and at least so long after the last look for what others have left. */
const retryMs = 1_000;
/** Requests are finished then, and the process is given ten seconds in all. */
const defaultStopLimitMs = 3_000;
/** A write is a few ids; what is longer goes to storage at once, so that the queue's memory has a bound. */
const payloadCharsMax = 4_096;

export function createWriteQueue(options: WriteQueueOptions): WriteQueue {
  const { log, kinds, candidate, breaker, observe } = options;
  const { flushMs, queueEntriesMax } = candidate;
  const flush = createFlush(options);
  const rounds = createRounds(flush, options);

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

/** One pass over all that waits. */
function createFlush(options: WriteQueueOptions): () => Promise<void> {
  const { log, kinds, candidate, observe, takeOverMs = defaultTakeOverMs } = options;
  const passesMax = Math.ceil(candidate.queueEntriesMax / batchMax) + 1;
  /** Halved when taken-over writes fail together, so that in the end the one that fails is alone. */
  let takeOverMax = batchMax;

  const apply = async (taken: readonly TakenWrite[], isRepeated: boolean): Promise<void> => {
    const startedAtMs = performance.now();
    await applyWrites(options, taken, isRepeated);
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
  return async () => {
    // Nobody can apply anything before the services have said how.
    if (kinds.size === 0) return;
    for (let pass = 0; pass < passesMax; pass += 1) {
      const taken = await log.take(batchMax);
      if (taken.length > 0) await apply(taken, false);
      if (taken.length < batchMax) break;
    }
    for (let pass = 0; pass < passesMax; pass += 1) if ((await takeOver()) === 0) break;
  };
}

/** When to flush: so long after a write has come, and again and again for what others have left. One at a time. */
function createRounds(
  flush: () => Promise<void>,
  {
    candidate,
    runInBackground,
    aside = (_, work) => work(),
    stopLimitMs = defaultStopLimitMs,
  }: WriteQueueOptions,
): { start(): void; soon(ms: number): void; stop(): Promise<void> } {
  let timer: { readonly handle: NodeJS.Timeout; readonly dueMs: number } | undefined;
  let look: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWanted = false;
  let hasFailed = false;
  let isStopped = false;

  const schedule = (ms: number): void => {
    const dueMs = performance.now() + ms;
    if (timer !== undefined && timer.dueMs <= dueMs) return;
    clearTimeout(timer?.handle);
    const handle = setTimeout(() => {
      timer = undefined;
      round();
    }, ms);
    timer = { handle, dueMs };
  };
  const runAll = async (): Promise<void> => {
    try {
      do {
        isWanted = false;
        await flush();
        hasFailed = false;
      } while (isWanted && !isStopped);
    } catch (error) {
      hasFailed = true;
      if (!isStopped) schedule(retryMs);
      throw error;
    } finally {
      running = undefined;
    }
  };
  const round = (): void => {
    isWanted = true;
    if (running !== undefined || isStopped) return;
    running = aside('cache.flush', runAll);
    runInBackground('flush of the write queue', running);
  };
  return {
    start() {
      look = setInterval(round, Math.max(retryMs, candidate.flushMs));
      look.unref();
    },
    soon(ms) {
      if (look !== undefined && !hasFailed && !isStopped) schedule(ms);
    },
    async stop() {
      isStopped = true;
      clearInterval(look);
      clearTimeout(timer?.handle);
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
