import type { CodecName } from '../codec.ts';
import type { EvictionName } from '../eviction/index.ts';
import type { FenceName } from '../fences/index.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import type { InvalidationName } from '../invalidation/index.ts';
import { tiersOf } from '../tiers/index.ts';
import type { TierStackName } from '../tiers/index.ts';

export const protections = ['none', 'single-flight', 'lease'] as const;
export const promotions = ['always', 'hot'] as const;
/** What Redis calls its `maxmemory-policy`. */
export const redisEvictions = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'noeviction',
] as const;

/** A strategy with its parameters: one configuration that can be compared with others. */
export type Candidate = {
  /** A name of the list in `strategies/index.ts`. */
  readonly strategy: string;
  readonly tiers: TierStackName;
  readonly ttlMs: number;
  /** Share of the TTL, 0 to 0.5, that is subtracted at random. */
  readonly ttlJitter: number;
  /** TTL of what no write invalidates. */
  readonly feedTtlMs: number;
  /** TTL of a negative entry; 0: what storage does not have is not remembered. */
  readonly negativeTtlMs: number;
  /** Bound of the memory tier of one replica. */
  readonly memoryBytes: number;
  readonly eviction: EvictionName;
  /** Bound of the Redis that its replicas share, and what goes when it is full. */
  readonly redisMemoryBytes: number;
  readonly redisEviction: (typeof redisEvictions)[number];
  readonly promotion: (typeof promotions)[number];
  readonly codec: CodecName;
  readonly protection: (typeof protections)[number];
  readonly invalidation: InvalidationName;
  readonly fence: FenceName;
  /** How long past its TTL an entry may still be served, where the strategy does that. */
  readonly staleMs: number;
  /** Share of its TTL after which an entry is refreshed ahead. */
  readonly refreshShare: number;
  /** How eager early expiration is; 1 is the paper's optimum. */
  readonly beta: number;
  /** The longest time that a write waits in the queue of write-behind. */
  readonly flushMs: number;
  /** Writes that may wait in that queue; with more, writes go to storage at once. */
  readonly queueEntriesMax: number;
};

/** Whether one of its tiers lies in the Redis. */
export function keepsEntriesInRedis({ tiers }: Pick<Candidate, 'tiers'>): boolean {
  return tiersOf(tiers).shared?.redisUse === 'entries';
}

/** Whether the candidate talks to a Redis at all. */
export function needsRedis(candidate: Candidate): boolean {
  return (
    keepsEntriesInRedis(candidate) ||
    invalidationKinds[candidate.invalidation].redisUse !== null ||
    needsDurableRedis(candidate)
  );
}

/** Whether the Redis must keep what it has acknowledged when it is killed. */
export function needsDurableRedis({ strategy }: Pick<Candidate, 'strategy'>): boolean {
  return strategy === 'write-behind';
}
