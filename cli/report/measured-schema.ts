import { commandCounters, readCounters, workCounters } from '../../app/cache/cache-counters.ts';
import { ofEachTier, tierNames } from '../../app/cache/tiers/index.ts';
import type { Counter } from '../../app/contract/figure.ts';

/** A list that is made where the program runs. Of one that may be empty, inference would know no element. */
export type OneOrMore<T> = [T, ...T[]];

export const Text = { type: 'string' } as const;
export const TextOrNull = { anyOf: [Text, { type: 'null' }] } as const;
export const NumberOrNull = { anyOf: [{ type: 'number' }, { type: 'null' }] } as const;
export const Interval = {
  anyOf: [
    { type: 'array', additionalItems: false, items: [{ type: 'number' }, { type: 'number' }], minItems: 2 },
    { type: 'null' },
  ],
} as const;

/** Response time, from sending on an open connection to the last byte. */
export const Latency = {
  type: 'object',
  required: ['p50', 'p95', 'p99', 'mean'],
  properties: {
    p50: NumberOrNull,
    p95: NumberOrNull,
    p99: NumberOrNull,
    mean: NumberOrNull,
  },
} as const;

export const PastEdge = {
  type: 'integer',
  description:
    'requests that an edge did not answer, since it was dead, and that were sent again to a replica',
} as const;

export const Cpu = {
  type: 'object',
  required: ['service', 'postgres', 'redis', 'driver'],
  properties: {
    service: NumberOrNull,
    postgres: NumberOrNull,
    redis: NumberOrNull,
    driver: NumberOrNull,
  },
} as const;

/** All fields, where every one is required. */
const namesOf = <Name extends string>(fields: Readonly<Record<Name, unknown>>) =>
  Object.keys(fields) as OneOrMore<Name>;

type Counted = Counter & { readonly meaning?: string };

/** A whole number for each counter of a list. */
function countsOf<Name extends string>(counters: Readonly<Record<Name, Counted>>) {
  const fields = Object.entries<Counted>(counters).map(([name, { meaning }]) => [
    name,
    { type: 'integer', ...(meaning !== undefined && { description: meaning }) },
  ]);
  return Object.fromEntries(fields) as Record<Name, { readonly type: 'integer' }>;
}

const cacheReads = {
  ...countsOf(readCounters),
  staleHits: { type: 'integer', description: tierNames.map((tier) => `${tier}StaleHits`).join(' + ') },
} as const;

export const CacheReads = {
  type: 'object',
  required: namesOf(cacheReads),
  properties: cacheReads,
} as const;

/** The share of each kind of tier, by its name, and of all of them. */
const hitRatios = { ...ofEachTier(() => NumberOrNull), all: NumberOrNull } as const;

export const HitRatio = {
  type: 'object',
  required: namesOf(hitRatios),
  properties: hitRatios,
} as const;

export const CacheWorkOfBlock = {
  type: 'object',
  required: namesOf(workCounters),
  properties: countsOf(workCounters),
} as const;

export const RedisCommands = {
  type: 'object',
  required: namesOf(commandCounters),
  properties: countsOf(commandCounters),
  description: 'commands to the Redis, and those of them that it refused or did not answer',
} as const;

export const Paired = {
  type: 'object',
  required: ['requests', 'leftOut', 'meanLogUs'],
  properties: {
    requests: { type: 'integer' },
    leftOut: { type: 'integer', description: 'requests of the round without a counterpart in every world' },
    meanLogUs: { type: 'number', description: 'mean of the natural logarithms of microseconds' },
  },
  description: 'of the requests that every world answered alike at nearly the same moment',
} as const;

/** Requests of the viewers of a block, by who answered them. */
export const ViewerRequestsOfBlock = {
  type: 'object',
  required: ['asked', 'browser', 'edge', 'service'],
  properties: {
    asked: { type: 'integer' },
    browser: { type: 'integer' },
    edge: { type: 'integer' },
    service: { type: 'integer' },
  },
  description:
    'asked is the sum of the others; null where viewers have no browsers, or requests were under way when it was counted',
} as const;

/** One layer of a candidate, over all rounds that count. */
export const Layer = {
  type: 'object',
  required: [
    'of',
    'layer',
    'asked',
    'answered',
    'hitRatio',
    'share',
    'offload',
    'staleShare',
    'outdatedShare',
    'bytes',
    'memoryBytes',
    'memoryBytesPerPoint',
  ],
  properties: {
    of: {
      enum: ['images', 'pages', 'reads'],
      description:
        'images that viewers asked for, pages that an edge may keep, or reads that the service asked its caches',
    },
    layer: Text,
    asked: { type: 'integer' },
    answered: { type: 'integer' },
    hitRatio: {
      ...NumberOrNull,
      description: 'of what came to it; null for the last layer, which has to answer',
    },
    share: { type: 'number', description: 'of all that was asked of the first layer' },
    offload: {
      ...NumberOrNull,
      description: 'what it and the layers before it kept away from those behind; null for the last one',
    },
    staleShare: {
      ...NumberOrNull,
      description: 'of what it answered, past its lifetime; null where nothing can be',
    },
    outdatedShare: {
      ...NumberOrNull,
      description:
        'of what it answered, without a write that the edge had passed the answer of before; null but for pages of candidates with an edge',
    },
    bytes: {
      ...NumberOrNull,
      description: 'of the bodies of images; null where nobody counts them',
    },
    memoryBytes: {
      ...NumberOrNull,
      description: 'at the end of a round, on average; null where nobody knows',
    },
    memoryBytesPerPoint: {
      ...NumberOrNull,
      description:
        'memoryBytes for each percentage point of hitRatio; null for pages, which share their memory with images',
    },
  },
} as const;

const MachineOfRound = {
  type: 'object',
  required: [
    'stealShare',
    'foreignCpuShare',
    'ownCpuShare',
    'cpuPressurePct',
    'throttledPeriods',
    'clockDisagreementMs',
    'sharedPostgresCpuUs',
  ],
  properties: {
    stealShare: NumberOrNull,
    foreignCpuShare: NumberOrNull,
    ownCpuShare: NumberOrNull,
    cpuPressurePct: NumberOrNull,
    throttledPeriods: NumberOrNull,
    clockDisagreementMs: { type: 'number' },
    sharedPostgresCpuUs: {
      ...NumberOrNull,
      description: 'CPU of PostgreSQL that belongs to no candidate',
    },
  },
} as const;

/** What is measured of a round as a whole, and not of single blocks. */
export const RoundOfAll = {
  type: 'object',
  required: [
    'round',
    'part',
    'seconds',
    'offered',
    'started',
    'dropped',
    'latenessMs',
    'openedConnections',
    'openingConnectionsMs',
    'driverCpuUs',
    'machine',
  ],
  properties: {
    round: { type: 'integer' },
    part: { type: 'integer', description: 'which start of the processes it belongs to' },
    seconds: { type: 'number' },
    offered: { type: 'integer' },
    started: { type: 'integer' },
    dropped: { type: 'integer' },
    latenessMs: {
      type: 'object',
      required: ['p50', 'p90', 'p99'],
      properties: { p50: NumberOrNull, p90: NumberOrNull, p99: NumberOrNull },
      description: 'how much later than planned requests were sent; it is in no response time',
    },
    openedConnections: { type: 'integer' },
    openingConnectionsMs: { type: 'number' },
    driverCpuUs: NumberOrNull,
    machine: MachineOfRound,
  },
} as const;

export const WarmUp = {
  type: 'object',
  required: ['candidate', 'part', 'seconds'],
  properties: {
    candidate: Text,
    part: { type: 'integer' },
    seconds: {
      type: 'array',
      items: {
        type: 'object',
        required: ['requests', 'p50Us', 'hitRatio', 'cpuUsPerRequest'],
        properties: {
          requests: { type: 'integer' },
          p50Us: NumberOrNull,
          hitRatio: NumberOrNull,
          cpuUsPerRequest: NumberOrNull,
        },
      },
    },
  },
} as const;
