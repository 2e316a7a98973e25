import { Type } from 'typebox';
import { commandCounters, readCounters, workCounters } from '../../app/cache/cache-counters.ts';
import type { Counter } from '../../app/contract/figure.ts';

export const Text = Type.String();
export const TextOrNull = Type.Union([Text, Type.Null()]);
export const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
export const Interval = Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()]);

/** Response time, from sending on an open connection to the last byte. */
export const Latency = Type.Object({
  p50: NumberOrNull,
  p95: NumberOrNull,
  p99: NumberOrNull,
  mean: NumberOrNull,
});

export const Cpu = Type.Object({
  service: NumberOrNull,
  postgres: NumberOrNull,
  redis: NumberOrNull,
  driver: NumberOrNull,
});

type Counted = Counter & { readonly meaning?: string };

/** A whole number for each counter of a list. */
function countsOf<Name extends string>(counters: Readonly<Record<Name, Counted>>) {
  const fields = Object.entries<Counted>(counters).map(([name, { meaning }]) => [
    name,
    meaning === undefined ? Type.Integer() : Type.Integer({ description: meaning }),
  ]);
  return Object.fromEntries(fields) as Record<Name, ReturnType<typeof Type.Integer>>;
}

export const CacheReads = Type.Object({
  ...countsOf(readCounters),
  staleHits: Type.Integer({ description: 'memoryStaleHits + redisStaleHits' }),
});

export const CacheWorkOfBlock = Type.Object(countsOf(workCounters));

export const RedisCommands = Type.Object(countsOf(commandCounters), {
  description: 'commands to the Redis, and those of them that it refused or did not answer',
});

export const Paired = Type.Object(
  {
    requests: Type.Integer(),
    leftOut: Type.Integer({ description: 'requests of the round without a counterpart in every world' }),
    meanLogUs: Type.Number({ description: 'mean of the natural logarithms of microseconds' }),
  },
  { description: 'of the requests that every world answered alike at nearly the same moment' },
);

/** Requests of the viewers of a block, by who answered them. */
export const ViewerRequestsOfBlock = Type.Object(
  { asked: Type.Integer(), browser: Type.Integer(), edge: Type.Integer(), service: Type.Integer() },
  {
    description:
      'asked is the sum of the others; null where viewers have no browsers, or requests were under way when it was counted',
  },
);

/** One layer of a candidate, over all rounds that count. */
export const Layer = Type.Object({
  of: Type.Enum(['images', 'pages', 'reads'], {
    description:
      'images that viewers asked for, pages that an edge may keep, or reads that the service asked its caches',
  }),
  layer: Text,
  asked: Type.Integer(),
  answered: Type.Integer(),
  hitRatio: Type.Union([Type.Number(), Type.Null()], {
    description: 'of what came to it; null for the last layer, which has to answer',
  }),
  share: Type.Number({ description: 'of all that was asked of the first layer' }),
  offload: Type.Union([Type.Number(), Type.Null()], {
    description: 'what it and the layers before it kept away from those behind; null for the last one',
  }),
  staleShare: Type.Union([Type.Number(), Type.Null()], {
    description: 'of what it answered, past its lifetime; null where nothing can be',
  }),
  outdatedShare: Type.Union([Type.Number(), Type.Null()], {
    description:
      'of what it answered, without a write that the edge had passed the answer of before; null but for pages of candidates with an edge',
  }),
  bytes: Type.Union([Type.Number(), Type.Null()], {
    description: 'of the bodies of images; null where nobody counts them',
  }),
  memoryBytes: Type.Union([Type.Number(), Type.Null()], {
    description: 'at the end of a round, on average; null where nobody knows',
  }),
  memoryBytesPerPoint: Type.Union([Type.Number(), Type.Null()], {
    description:
      'memoryBytes for each percentage point of hitRatio; null for pages, which share their memory with images',
  }),
});

const MachineOfRound = Type.Object({
  stealShare: NumberOrNull,
  foreignCpuShare: NumberOrNull,
  ownCpuShare: NumberOrNull,
  cpuPressurePct: NumberOrNull,
  throttledPeriods: NumberOrNull,
  clockDisagreementMs: Type.Number(),
  sharedPostgresCpuUs: Type.Union([Type.Number(), Type.Null()], {
    description: 'CPU of PostgreSQL that belongs to no candidate',
  }),
});

/** What is of all blocks of a round. */
export const RoundOfAll = Type.Object({
  round: Type.Integer(),
  part: Type.Integer({ description: 'which start of the processes it belongs to' }),
  seconds: Type.Number(),
  offered: Type.Integer(),
  started: Type.Integer(),
  dropped: Type.Integer(),
  latenessMs: Type.Object(
    { p50: NumberOrNull, p90: NumberOrNull, p99: NumberOrNull },
    { description: 'how much later than planned requests were sent; it is in no response time' },
  ),
  openedConnections: Type.Integer(),
  openingConnectionsMs: Type.Number(),
  driverCpuUs: NumberOrNull,
  machine: MachineOfRound,
});

export const WarmUp = Type.Object({
  candidate: Text,
  part: Type.Integer(),
  seconds: Type.Array(
    Type.Object({
      requests: Type.Integer(),
      p50Us: NumberOrNull,
      hitRatio: NumberOrNull,
      cpuUsPerRequest: NumberOrNull,
    }),
  ),
});
