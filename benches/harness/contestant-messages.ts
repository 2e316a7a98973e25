import type { Assignment, Figures } from './bench.ts';

/** What the command says to a contestant's process. */
export type Order =
  | { readonly type: 'prepare'; readonly assignment: Assignment }
  | { readonly type: 'measure' }
  | { readonly type: 'stop' };

/** What the contestant's process says back. */
export type Report =
  | { readonly type: 'prepared'; readonly info: string }
  | { readonly type: 'measured'; readonly figures: Figures }
  | { readonly type: 'failed'; readonly reason: string };
