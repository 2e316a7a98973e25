import Type from 'typebox';

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

const CacheReads = Type.Object({
  reads: Type.Integer(),
  memoryHits: Type.Integer({ description: 'fresh hits of the memory tiers' }),
  redisHits: Type.Integer({ description: 'fresh hits of the redis tier' }),
  memoryStaleHits: Type.Integer(),
  redisStaleHits: Type.Integer(),
  staleHits: Type.Integer({ description: 'memoryStaleHits + redisStaleHits' }),
  loads: Type.Integer(),
  joinedLoads: Type.Integer(),
  bypasses: Type.Integer(),
});

const CacheWorkOfBlock = Type.Object({
  loadCalls: Type.Integer({
    description: 'calls to storage for what a cache lacked: for readers, refreshes and writes',
  }),
  refreshes: Type.Integer(),
  rejectedFills: Type.Integer(),
  leaseWaits: Type.Integer(),
  invalidationsSent: Type.Integer(),
  invalidationsReceived: Type.Integer(),
  invalidationsFailed: Type.Integer(),
});

const RedisCommands = Type.Object(
  {
    reads: Type.Integer(),
    refusedReads: Type.Integer(),
    writes: Type.Integer({ description: 'deletes and leases too' }),
    refusedWrites: Type.Integer(),
    queueWrites: Type.Integer({ description: 'writes that were to wait in the queue' }),
    refusedQueueWrites: Type.Integer(),
  },
  { description: 'commands to the Redis, and those of them that it refused or did not answer' },
);

const Paired = Type.Object(
  {
    requests: Type.Integer(),
    leftOut: Type.Integer({ description: 'requests of the round without a counterpart in every world' }),
    meanLogUs: Type.Number({ description: 'mean of the natural logarithms of microseconds' }),
  },
  { description: 'of the requests that every world answered alike at nearly the same moment' },
);

/** One candidate, once. */
export const Block = Type.Object({
  round: Type.Integer(),
  attempt: Type.Integer({ description: '1 together' }),
  slot: Type.Integer({ description: '0 together' }),
  candidate: Text,
  status: Type.Enum(['valid', 'unsteady', 'invalid', 'shakedown']),
  reasons: Type.Array(Text),
  offered: Type.Integer(),
  started: Type.Integer(),
  dropped: Type.Union([Type.Integer(), Type.Null()], {
    description: 'null together, where nobody knows which world an arrival would have gone to',
  }),
  requests: Type.Integer(),
  errors: Type.Integer(),
  latencyMs: Latency,
  paired: Type.Union([Paired, Type.Null()]),
  cache: Type.Union([CacheReads, Type.Null()]),
  cacheWork: Type.Union([CacheWorkOfBlock, Type.Null()]),
  redisCommands: Type.Union([RedisCommands, Type.Null()]),
  servedRequests: NumberOrNull,
  storageQueries: NumberOrNull,
  cpuUs: Cpu,
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
