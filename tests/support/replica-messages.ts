import type { ReadOutcome } from '../../app/cache/cache.ts';

/** The candidate and the Redis of a cache, and how it is called there. */
export type ReplicaPlace = {
  readonly text: string;
  readonly url: string;
  readonly keyPrefix: string;
  readonly sender: string;
};

export type ReplicaOrder =
  | { readonly kind: 'read'; readonly number: number; readonly id: number; readonly times: number }
  | { readonly kind: 'write'; readonly number: number; readonly id: number };

/** What a process is told to do with its cache, and what its storage answers. It has one cache at a time. */
export type ToReplica =
  | ({ readonly kind: 'open' } & ReplicaPlace)
  | { readonly kind: 'close' }
  | ReplicaOrder
  | { readonly kind: 'answer'; readonly number: number; readonly version: number };

/** What it tells. `load` and `commit` ask storage. */
export type FromReplica =
  | { readonly kind: 'opened' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'delivery'; readonly change: string }
  | { readonly kind: 'load' | 'commit'; readonly number: number; readonly id: number }
  | {
      readonly kind: 'done';
      readonly number: number;
      readonly versions: readonly number[];
      readonly outcome: ReadOutcome | null;
    };
