import {
  choice,
  choiceOf,
  duration,
  durationOrOff,
  number,
  size,
  wholeNumber,
} from '../../contract/axis-kinds.ts';
import { fallbacksOf } from '../../contract/axis.ts';
import type { Axes, ValuesOf } from '../../contract/axis.ts';
import { lifetimeAxes } from '../../contract/entity-lifetimes.ts';
import { codecOf } from '../codec.ts';
import { evictionPolicies } from '../eviction/index.ts';
import { fenceKinds } from '../fences/index.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import { tierStacks } from '../tiers/index.ts';
import { memoryBytesLeast, redisBytesLeast } from './memory-bounds.ts';

const mebibyte = 1024 ** 2;

/** What any strategy with tiers understands. */
export const sharedAxes = {
  tiers: {
    field: 'tiers',
    meaning: 'where entries live',
    fallback: 'memory+redis',
    matters: 'all',
    ...choice(tierStacks),
  },
  ttl: {
    field: 'ttlMs',
    meaning: 'lifetime of an entry',
    fallback: 60_000,
    matters: 'all',
    ...duration,
  },
  jitter: {
    field: 'ttlJitter',
    meaning: 'share of the lifetime that is subtracted at random',
    fallback: 0.1,
    matters: 'all',
    ...number(0, 0.5),
  },
  ...lifetimeAxes,
  negative: {
    field: 'negativeTtlMs',
    meaning: 'lifetime of a negative entry: that storage has no such row',
    fallback: 0,
    matters: 'all',
    ...durationOrOff,
  },
  memory: {
    field: 'memoryBytes',
    meaning: 'bound of the memory tier of one replica',
    fallback: 64 * mebibyte,
    matters: 'all',
    ...size(memoryBytesLeast, '512KiB or 64MiB'),
  },
  eviction: {
    field: 'eviction',
    meaning: 'what goes when the memory tier is full',
    fallback: 'lru',
    matters: 'all',
    ...choiceOf(evictionPolicies),
  },
  'redis-memory': {
    field: 'redisMemoryBytes',
    meaning: 'bound of the Redis that is started for it, which takes a part for itself',
    fallback: 256 * mebibyte,
    matters: 'all',
    ...size(redisBytesLeast(0, 1), '16MiB or 1GiB'),
  },
  'redis-eviction': {
    field: 'redisEviction',
    meaning: 'what goes when that Redis is full, as it calls its policies',
    fallback: 'allkeys-lru',
    matters: 'all',
    // The values of its `maxmemory-policy`.
    ...choice([
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'noeviction',
    ]),
  },
  promotion: {
    field: 'promotion',
    meaning: 'what gets into the memory tier: every entry, or those of keys that were missed before',
    fallback: 'always',
    matters: 'all',
    ...choice(['always', 'hot']),
  },
  codec: {
    field: 'codec',
    meaning: 'how entries are written in redis',
    fallback: 'json',
    matters: 'all',
    ...choiceOf(codecOf),
  },
  protection: {
    field: 'protection',
    meaning: 'what keeps one miss from becoming many loads',
    fallback: 'none',
    matters: 'all',
    ...choice(['none', 'single-flight', 'lease']),
  },
  invalidation: {
    field: 'invalidation',
    meaning: 'how the replicas hear of a write; ttl: they do not',
    fallback: 'pubsub',
    matters: 'all',
    ...choiceOf(invalidationKinds),
  },
  fence: {
    field: 'fence',
    meaning: 'what keeps a late fill from replacing something newer',
    fallback: 'none',
    matters: 'all',
    ...choiceOf(fenceKinds),
  },
} as const satisfies Axes;

/** What only the strategies understand that name it. */
export const ownAxes = {
  stale: {
    field: 'staleMs',
    meaning: 'how long past its lifetime an entry may be served',
    fallback: 30_000,
    matters: 'all',
    ...duration,
  },
  refresh: {
    field: 'refreshShare',
    meaning: 'share of the lifetime after which an entry is refreshed',
    fallback: 0.8,
    matters: 'all',
    ...number(0.1, 0.99),
  },
  beta: {
    field: 'beta',
    meaning: 'how eager early expiration is',
    fallback: 1,
    matters: 'all',
    ...number(0.1, 100),
  },
  flush: {
    field: 'flushMs',
    meaning: 'the longest time that a write waits in the queue',
    fallback: 200,
    matters: 'all',
    ...duration,
  },
  queue: {
    field: 'queueEntriesMax',
    meaning: 'writes that may wait in the queue',
    fallback: 10_000,
    matters: 'all',
    ...wholeNumber(1, 1_000_000),
  },
} as const satisfies Axes;

/** What can follow the colon behind a strategy. */
export const parameterAxes = { ...sharedAxes, ...ownAxes } as const;

export type OwnParameter = keyof typeof ownAxes;

/** Whether only strategies that name it understand a parameter. */
export function isOwnParameter(name: string): name is OwnParameter {
  return Object.hasOwn(ownAxes, name);
}

/** What a candidate says of the cache: its strategy and the values of all parameters. */
export type CacheSettings = ValuesOf<typeof parameterAxes> & {
  /** A name of the list in `strategies/index.ts`. */
  readonly strategy: string;
};

/** The parameters where neither the text nor the strategy says otherwise. */
export const defaultParameters: ValuesOf<typeof parameterAxes> = fallbacksOf(parameterAxes);
