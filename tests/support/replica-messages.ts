import type { ReadOutcome } from '../../app/cache/cache.ts';

/** What a process with a cache is told to do, and what its storage answers. */
export type ToReplica =
  | { readonly kind: 'read'; readonly number: number; readonly id: number; readonly times: number }
  | { readonly kind: 'write'; readonly number: number; readonly id: number }
  | { readonly kind: 'answer'; readonly number: number; readonly version: number };

/** What it tells. `load` and `commit` ask storage. */
export type FromReplica =
  | { readonly kind: 'ready' }
  | { readonly kind: 'delivery'; readonly change: string }
  | { readonly kind: 'load' | 'commit'; readonly number: number; readonly id: number }
  | {
      readonly kind: 'done';
      readonly number: number;
      readonly versions: readonly number[];
      readonly outcome: ReadOutcome | null;
    };
