import type { JobOutcome, SimulationJob } from './simulation-job.ts';

/** What a thread is started with. */
export type ThreadTask = { readonly jobs: readonly SimulationJob[] };

/** To a thread: a batch, in memory that it shares; or that there are no more. */
export type ToThread =
  | {
      readonly kind: 'batch';
      readonly place: number;
      readonly buffer: SharedArrayBuffer;
      readonly length: number;
      readonly classes: readonly string[];
    }
  | { readonly kind: 'end' };

/** From a thread: it needs the batch at that place no more; or it is done. */
export type FromThread =
  | { readonly kind: 'taken'; readonly place: number }
  | { readonly kind: 'done'; readonly outcomes: readonly JobOutcome[] };
