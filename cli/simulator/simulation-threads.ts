import { Worker } from 'node:worker_threads';
import { CommandError } from '../errors.ts';
import type { Reads } from '../recordings/recording.ts';
import { columnsIn, createSharedBuffer, shareReads } from './shared-batch.ts';
import type { JobOutcome, SimulationJob } from './simulation-job.ts';
import type { FromThread, ThreadTask, ToThread } from './simulation-messages.ts';

/** Threads that are given the same batches, each for jobs of its own. */
export type SimulationThreads = {
  /** Resolves when there is room for another batch. Rejects when a thread has failed. */
  give(reads: Reads, classes: readonly string[]): Promise<void>;
  /** There are no more. By thread, in the order of its jobs. */
  finish(): Promise<readonly (readonly JobOutcome[])[]>;
  stop(): Promise<void>;
};

/** Batches that are under way at once. The slowest thread decides how fast a recording is read; the others may be ahead by so much. */
const batchesMax = 8;

/** A batch's memory, with how many threads have still to read it. */
type Place = { readonly buffer: SharedArrayBuffer; readers: number };

/** `signal` ends it with its reason, while threads are busy, too. */
export function startThreads(
  groups: readonly (readonly SimulationJob[])[],
  signal?: AbortSignal,
): SimulationThreads {
  const places = Array.from({ length: batchesMax }, (): Place => ({
    buffer: createSharedBuffer(),
    readers: 0,
  }));
  const failure = Promise.withResolvers<never>();
  // Whoever waits for a thread hears of it; until somebody does, it is no unhandled rejection.
  failure.promise.catch(() => {});
  const abort = (): void => failure.reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  let freed = Promise.withResolvers<void>();
  const threads = groups.map((jobs) => startThread({ jobs }, onTaken, failure.reject));

  function onTaken(place: number): void {
    (places[place] as Place).readers -= 1;
    freed.resolve();
    freed = Promise.withResolvers();
  }
  const freePlace = async (): Promise<number> => {
    for (;;) {
      const place = places.findIndex(({ readers }) => readers === 0);
      if (place >= 0) return place;
      await Promise.race([freed.promise, failure.promise]);
    }
  };
  return {
    async give(reads, classes) {
      signal?.throwIfAborted();
      const place = await freePlace();
      const held = places[place] as Place;
      shareReads(reads, columnsIn(held.buffer));
      held.readers = threads.length;
      for (const thread of threads)
        thread.tell({ kind: 'batch', place, buffer: held.buffer, length: reads.length, classes });
    },
    async finish() {
      for (const thread of threads) thread.tell({ kind: 'end' });
      return Promise.race([Promise.all(threads.map(({ outcomes }) => outcomes)), failure.promise]);
    },
    async stop() {
      signal?.removeEventListener('abort', abort);
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

function startThread(
  task: ThreadTask,
  onTaken: (place: number) => void,
  onFailure: (error: Error) => void,
): { tell(message: ToThread): void; outcomes: Promise<readonly JobOutcome[]>; stop(): Promise<unknown> } {
  const worker = new Worker(new URL('simulation-thread.ts', import.meta.url), { workerData: task });
  const outcomes = Promise.withResolvers<readonly JobOutcome[]>();
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'taken') onTaken(message.place);
    else outcomes.resolve(message.outcomes);
  });
  worker.on('error', onFailure);
  worker.on('exit', (code) => {
    if (code !== 0)
      onFailure(new CommandError('internal', `A thread of the simulation has ended with ${code}.`));
  });
  return {
    tell: (message) => worker.postMessage(message),
    outcomes: outcomes.promise,
    stop: () => worker.terminate(),
  };
}
