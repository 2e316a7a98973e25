import { codecs } from '../codec.ts';
import { promotions, protections, redisEvictions } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { memoryBytesLeast, redisBytesLeast } from './memory-bounds.ts';
import { evictionPolicies } from '../eviction/index.ts';
import { fences } from '../fences/index.ts';
import { invalidations } from '../invalidation/index.ts';
import type { OwnParameter } from '../strategy.ts';
import { tierStacks } from '../tiers/index.ts';

/** One thing that can follow the colon of a candidate. */
export type Parameter = {
  readonly field: keyof Candidate;
  readonly takes: string;
  readonly meaning: string;
  /** Null when the text is not valid. */
  readonly parse: (text: string) => string | number | null;
  readonly format: (value: string | number) => string;
};

type Value = Pick<Parameter, 'takes' | 'parse' | 'format'>;

const choice = (choices: readonly string[]): Value => ({
  takes: choices.join(' | '),
  parse: (text) => (choices.includes(text) ? text : null),
  format: String,
});

const number = (least: number, most: number): Value => ({
  takes: `a number from ${least} to ${most}`,
  parse(text) {
    const isPlain = /^(\d+(\.\d+)?|\.\d+)$/.test(text);
    return isPlain && Number(text) >= least && Number(text) <= most ? Number(text) : null;
  },
  format: String,
});

type Bounds = { readonly least: number; readonly most: number };

function parseUnits(
  text: string,
  units: Readonly<Record<string, number>>,
  { least, most }: Bounds,
): number | null {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  const value = Number(match[1]) * unit;
  return value >= least && value <= most && Number.isInteger(value) ? value : null;
}

function formatUnits(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, size]) => value % size === 0);
  const [name, size] = fitting.at(-1) ?? (Object.entries(units)[0] as [string, number]);
  return `${value / size}${name}`;
}

const timeUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const byteUnits = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

const duration: Value = {
  takes: 'a time such as 500ms, 5s or 2m, at most 24h',
  parse: (text) => parseUnits(text, timeUnits, { least: 1, most: 24 * timeUnits.h }),
  format: (value) => formatUnits(Number(value), timeUnits),
};

const durationOrOff: Value = {
  takes: `off, or ${duration.takes}`,
  parse: (text) => (text === 'off' ? 0 : duration.parse(text)),
  format: (value) => (value === 0 ? 'off' : duration.format(value)),
};

const formatSize: Value['format'] = (value) => formatUnits(Number(value), byteUnits);

const size = (least: number, example: string): Value => ({
  takes: `a size such as ${example}, at least ${formatSize(least)} and at most 4GiB`,
  parse: (text) => parseUnits(text, byteUnits, { least, most: 4 * byteUnits.GiB }),
  format: formatSize,
});

const wholeNumber = (least: number, most: number): Value => ({
  takes: `a whole number from ${least} to ${most}`,
  parse: (text) => (/^\d+$/.test(text) ? number(least, most).parse(text) : null),
  format: String,
});

/** What any strategy with tiers understands. Parsing, help and docs derive from these tables. */
const sharedParameters = {
  tiers: { field: 'tiers', meaning: 'where entries live', ...choice(tierStacks) },
  ttl: { field: 'ttlMs', meaning: 'lifetime of an entry', ...duration },
  jitter: {
    field: 'ttlJitter',
    meaning: 'share of the lifetime that is subtracted at random',
    ...number(0, 0.5),
  },
  'feed-ttl': { field: 'feedTtlMs', meaning: 'lifetime of a feed, which no write invalidates', ...duration },
  negative: {
    field: 'negativeTtlMs',
    meaning: 'lifetime of a negative entry: that storage has no such row',
    ...durationOrOff,
  },
  memory: {
    field: 'memoryBytes',
    meaning: 'bound of the memory tier of one replica',
    ...size(memoryBytesLeast, '512KiB or 64MiB'),
  },
  eviction: {
    field: 'eviction',
    meaning: 'what goes when the memory tier is full',
    ...choice(Object.keys(evictionPolicies)),
  },
  'redis-memory': {
    field: 'redisMemoryBytes',
    meaning: 'bound of the Redis that is started for it, which takes a part for itself',
    ...size(redisBytesLeast({ strategy: '', queueEntriesMax: 0 }, 1), '16MiB or 1GiB'),
  },
  'redis-eviction': {
    field: 'redisEviction',
    meaning: 'what goes when that Redis is full, as it calls its policies',
    ...choice(redisEvictions),
  },
  promotion: {
    field: 'promotion',
    meaning: 'what gets into the memory tier: every entry, or those of keys that were missed before',
    ...choice(promotions),
  },
  codec: { field: 'codec', meaning: 'how entries are written in redis', ...choice(codecs) },
  protection: {
    field: 'protection',
    meaning: 'what keeps one miss from becoming many loads',
    ...choice(protections),
  },
  invalidation: {
    field: 'invalidation',
    meaning: 'how the replicas hear of a write; ttl: they do not',
    ...choice(invalidations),
  },
  fence: {
    field: 'fence',
    meaning: 'what keeps a late fill from replacing something newer',
    ...choice(fences),
  },
} as const satisfies Readonly<Record<string, Parameter>>;

const ownParameters: Readonly<Record<OwnParameter, Parameter>> = {
  stale: { field: 'staleMs', meaning: 'how long past its lifetime an entry may be served', ...duration },
  refresh: {
    field: 'refreshShare',
    meaning: 'share of the lifetime after which an entry is refreshed',
    ...number(0.1, 0.99),
  },
  beta: { field: 'beta', meaning: 'how eager early expiration is', ...number(0.1, 100) },
  flush: { field: 'flushMs', meaning: 'the longest time that a write waits in the queue', ...duration },
  queue: {
    field: 'queueEntriesMax',
    meaning: 'writes that may wait in the queue',
    ...wholeNumber(1, 1_000_000),
  },
};

export const candidateParameters: Readonly<Record<string, Parameter>> = {
  ...sharedParameters,
  ...ownParameters,
};

/** Whether only strategies that name it understand a parameter. */
export function isOwnParameter(key: string): key is OwnParameter {
  return Object.hasOwn(ownParameters, key);
}

/** What holds where neither the text nor the strategy says otherwise. */
export const defaultCandidate: Candidate = {
  strategy: '',
  tiers: 'memory+redis',
  ttlMs: 60_000,
  ttlJitter: 0.1,
  feedTtlMs: 10_000,
  negativeTtlMs: 0,
  memoryBytes: 64 * byteUnits.MiB,
  eviction: 'lru',
  redisMemoryBytes: 256 * byteUnits.MiB,
  redisEviction: 'allkeys-lru',
  promotion: 'always',
  codec: 'json',
  protection: 'none',
  invalidation: 'pubsub',
  fence: 'none',
  staleMs: 30_000,
  refreshShare: 0.8,
  beta: 1,
  flushMs: 200,
  queueEntriesMax: 10_000,
};
