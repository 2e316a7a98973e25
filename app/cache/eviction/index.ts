import type { EvictionPolicy } from '../bounded-store/eviction-policy.ts';
import { fifo } from './fifo.ts';
import { lfu } from './lfu.ts';
import { lru } from './lru.ts';
import { s3Fifo } from './s3-fifo.ts';
import { sieve } from './sieve.ts';
import { wTinyLfu } from './w-tinylfu.ts';

/** Every eviction policy of the memory tier. The choices of a candidate, the contract suite and the docs derive from this list. */
export const evictionPolicies = {
  lru,
  fifo,
  lfu,
  sieve,
  's3-fifo': s3Fifo,
  'w-tinylfu': wTinyLfu,
} as const satisfies Readonly<Record<string, EvictionPolicy>>;

export type EvictionName = keyof typeof evictionPolicies;
