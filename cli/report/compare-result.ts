import Type from 'typebox';
import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import type { Static } from 'typebox';

const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
const Interval = Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()]);
const Latency = Type.Object({ p50: NumberOrNull, p95: NumberOrNull, p99: NumberOrNull });
const HitRatio = Type.Object({ memory: NumberOrNull, redis: NumberOrNull, all: NumberOrNull });
const Cpu = Type.Object({
  service: NumberOrNull,
  postgres: NumberOrNull,
  redis: NumberOrNull,
  driver: NumberOrNull,
});
/** Per request that the service answered. */
const CacheWork = Type.Object({
  loads: NumberOrNull,
  joinedLoads: NumberOrNull,
  loadCalls: NumberOrNull,
  refreshes: NumberOrNull,
  rejectedFills: NumberOrNull,
  leaseWaits: NumberOrNull,
  invalidationsSent: NumberOrNull,
  invalidationsReceived: NumberOrNull,
  invalidationsFailed: NumberOrNull,
  evictions: NumberOrNull,
});
const Text = Type.String();
const TextOrNull = Type.Union([Text, Type.Null()]);

const Manifest = Type.Object({
  seed: Type.Integer(),
  workloadHash: Text,
  scenario: Text,
  profile: Text,
  rate: Type.Object({ perSecond: Type.Number(), source: Type.Enum(['default', 'flag']) }),
  primary: Type.Enum(['p50', 'p95', 'p99']),
  baseline: Text,
  rounds: Type.Integer({ description: 'rounds that were planned' }),
  replicas: Type.Integer(),
  telemetry: Type.Enum(Object.keys(telemetryModes) as TelemetryModeName[], {
    description: 'how much the service told of itself, which costs',
  }),
  order: Type.Array(Type.Array(Text), { description: 'candidates in the order of each finished round' }),
  driver: Type.Object({ name: Text, version: Text }),
  versions: Type.Object({ darkroom: Text, node: Text, postgres: Text, redis: TextOrNull }),
  machine: Type.Object({
    platform: Text,
    kernel: Text,
    cpu: Text,
    cores: Type.Integer(),
    memoryBytes: Type.Number(),
    unavailable: Type.Array(Text, { description: 'figures that this machine does not offer' }),
  }),
  git: Type.Object({ commit: TextOrNull, isDirty: Type.Union([Type.Boolean(), Type.Null()]) }),
  people: Type.Integer(),
  photos: Type.Integer(),
  arrivals: Text,
  settleSeconds: Type.Number(),
  measureSeconds: Type.Number(),
  warmUpSeconds: Type.Number(),
  startedAt: Text,
});

const Candidate = Type.Object({
  name: Text,
  role: Type.Enum(['baseline', 'control', 'candidate']),
  config: Type.Record(Text, Type.Union([Text, Type.Number()])),
  allows: Type.Array(Text, { description: 'anomalies that its strategy allows' }),
  latencyMs: Latency,
  hitRatio: HitRatio,
  expectedHitRatio: HitRatio,
  staleHitRatio: Type.Union([Type.Number(), Type.Null()], {
    description: 'share of the reads that were answered past their TTL; hitRatio contains it',
  }),
  cacheWorkPerRequest: CacheWork,
  storageQueriesPerRequest: NumberOrNull,
  cpuUsPerRequest: Cpu,
  requests: Type.Integer(),
  errors: Type.Integer(),
});

const Block = Type.Object({
  round: Type.Integer(),
  attempt: Type.Integer(),
  slot: Type.Integer(),
  candidate: Text,
  status: Type.Enum(['valid', 'unsteady', 'invalid', 'shakedown']),
  reasons: Type.Array(Text),
  offered: Type.Integer(),
  started: Type.Integer(),
  dropped: Type.Integer(),
  requests: Type.Integer(),
  errors: Type.Integer(),
  latencyMs: Latency,
  cache: Type.Union([
    Type.Object({
      reads: Type.Integer(),
      memoryHits: Type.Integer({ description: 'fresh hits of the memory tiers' }),
      redisHits: Type.Integer({ description: 'fresh hits of the redis tier' }),
      memoryStaleHits: Type.Integer(),
      redisStaleHits: Type.Integer(),
      staleHits: Type.Integer({ description: 'memoryStaleHits + redisStaleHits' }),
      loads: Type.Integer(),
      joinedLoads: Type.Integer(),
      bypasses: Type.Integer(),
    }),
    Type.Null(),
  ]),
  cacheWork: Type.Union([
    Type.Object({
      loadCalls: Type.Integer({
        description: 'calls to storage for what a cache lacked: for readers, refreshes and writes',
      }),
      refreshes: Type.Integer(),
      rejectedFills: Type.Integer(),
      leaseWaits: Type.Integer(),
      invalidationsSent: Type.Integer(),
      invalidationsReceived: Type.Integer(),
      invalidationsFailed: Type.Integer(),
    }),
    Type.Null(),
  ]),
  servedRequests: NumberOrNull,
  storageQueries: NumberOrNull,
  cpuUs: Cpu,
});

const Comparison = Type.Object({
  candidate: Text,
  baseline: Text,
  metric: Text,
  role: Type.Enum(['primary', 'exploratory']),
  changePct: NumberOrNull,
  interval95: Interval,
  p: NumberOrNull,
  pAdjusted: NumberOrNull,
  marginPct: Type.Number(),
  verdict: TextOrNull,
  withheldReason: TextOrNull,
  roundsNeeded: Type.Union([Type.Integer(), Type.Null()]),
});

const WarmUp = Type.Object({
  candidate: Text,
  seconds: Type.Array(Type.Object({ requests: Type.Integer(), p50Us: NumberOrNull, hitRatio: NumberOrNull })),
});

const SlowTrace = Type.Object({
  candidate: Text,
  round: Type.Integer({ description: 'in whose measured part of the candidate it began' }),
  traceId: Text,
  name: Text,
  durationMs: Type.Number(),
});

/** What `compare --json` writes. A figure that could not be had is null, never 0. */
export const CompareResultSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    status: Type.Enum([
      'ok',
      'inconclusive',
      'service-failed',
      'generator-saturated',
      'too-noisy',
      'interrupted',
    ]),
    exitCode: Type.Integer(),
    manifest: Manifest,
    candidates: Type.Array(Candidate),
    blocks: Type.Array(Block),
    control: Type.Object({
      interval95: Interval,
      noiseFloorPct: NumberOrNull,
      passed: Type.Union([Type.Boolean(), Type.Null()]),
    }),
    comparisons: Type.Array(Comparison),
    warmUps: Type.Array(WarmUp),
    slowTraces: Type.Array(SlowTrace, {
      description:
        'the slowest traced requests of each candidate, in rounds that count if there are any; darkroom trace ID shows one',
    }),
    notes: Type.Array(Text, {
      description: 'what a reader must know: repeated rounds, what was not exercised',
    }),
  },
  { $id: 'compare-result', title: 'Result of darkroom compare' },
);

export type CompareResult = Static<typeof CompareResultSchema>;
export type CandidateResult = CompareResult['candidates'][number];
export type ComparisonResult = CompareResult['comparisons'][number];
