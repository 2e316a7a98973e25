import { DarkroomError } from '../errors.ts';

/** Bounds how long anybody waits for an answer. */
export type Deadlines = {
  /** As the work, or rejects with REDIS_UNAVAILABLE when it takes longer than the limit, by up to a quarter of it. */
  within<T>(work: Promise<T>): Promise<T>;
  /** Looks after nobody any more. */
  stop(): void;
};

type Waiting = {
  readonly startedAtMs: number;
  readonly reject: (reason: unknown) => void;
  isOver: boolean;
};

/** Settled ones at the front of the line are dropped together. */
const droppedTogether = 1_024;

/**
 * One timer looks after all that wait, the longest waiting first: a timer for each costs a fifth of the CPU of a read from
 * Redis. An answer that comes later is ignored. A process that has stood still itself, on a busy machine or in a long task, comes to its
 * timers before it comes to its sockets: what is late by then is given up only when the sockets have been read once more.
 */
export function createDeadlines(limitMs: number): Deadlines {
  let line: Waiting[] = [];
  let first = 0;
  let timer: NodeJS.Timeout | undefined;

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    line = [];
    first = 0;
  };
  const look = (nowMs: number): void => {
    for (; first < line.length; first += 1) {
      const { isOver, startedAtMs, reject } = line[first] as Waiting;
      if (isOver) continue;
      if (nowMs - startedAtMs < limitMs) break;
      reject(new DarkroomError('REDIS_UNAVAILABLE', `Redis has not answered within ${limitMs} ms.`));
    }
    if (first === line.length) stop();
    if (first < droppedTogether) return;
    line = line.slice(first);
    first = 0;
  };
  const lookBehindSockets = (): void => void setImmediate(look, performance.now());
  return {
    within<T>(work: Promise<T>) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const waiting: Waiting = { startedAtMs: performance.now(), reject, isOver: false };
      line.push(waiting);
      timer ??= setInterval(lookBehindSockets, limitMs / 4).unref();
      work.then(
        (value) => {
          waiting.isOver = true;
          resolve(value);
        },
        (reason: unknown) => {
          waiting.isOver = true;
          reject(reason);
        },
      );
      return promise;
    },
    stop,
  };
}
