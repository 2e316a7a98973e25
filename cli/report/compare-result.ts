import { Type } from 'typebox';
import type { Static } from 'typebox';
import { cacheWorkNames } from '../../app/cache/figures.ts';
import { FigureValuesSchema } from './figure-schema.ts';
import { Manifest } from './manifest-schema.ts';
import { Block } from './block-schema.ts';
import {
  Cpu,
  Interval,
  Latency,
  Layer,
  NumberOrNull,
  RoundOfAll,
  Text,
  TextOrNull,
  WarmUp,
} from './measured-schema.ts';

/** Fields of the same kind. */
const fieldsOf = <const Names extends readonly string[], Schema>(names: Names, schema: Schema) =>
  Object.fromEntries(names.map((name) => [name, schema])) as Record<Names[number], Schema>;

const HitRatio = Type.Object({ memory: NumberOrNull, redis: NumberOrNull, all: NumberOrNull });

/** Per request that the service answered. */
const CacheWork = Type.Object(fieldsOf(cacheWorkNames, NumberOrNull));

const RefusedShare = Type.Object(
  { reads: NumberOrNull, writes: NumberOrNull, queue: NumberOrNull },
  {
    description:
      'shares of the commands to the Redis that it refused or did not answer; null where none of the kind were sent',
  },
);

const Candidate = Type.Object({
  name: Text,
  role: Type.Enum(['baseline', 'control', 'candidate']),
  config: Type.Record(Text, Type.Union([Text, Type.Number()])),
  allows: Type.Array(Text, { description: 'anomalies that its strategy and its classes allow' }),
  figures: FigureValuesSchema,
  layers: Type.Array(Layer, { description: 'empty where viewers have no browsers' }),
  latencyMs: Latency,
  hitRatio: HitRatio,
  expectedHitRatio: HitRatio,
  staleHitRatio: Type.Union([Type.Number(), Type.Null()], {
    description: 'share of the reads that were answered past their TTL; hitRatio contains it',
  }),
  lifetimes: Type.Union([Type.Number(), Type.Null()], {
    description: 'how many TTLs of its entries it lived, warm-up included; null without tiers',
  }),
  cacheWorkPerRequest: CacheWork,
  refusedShare: RefusedShare,
  storageQueriesPerRequest: NumberOrNull,
  cpuUsPerRequest: Cpu,
  idleCpuUsPerSecond: Type.Object(
    { service: NumberOrNull, postgres: NumberOrNull, redis: NumberOrNull },
    { description: 'used without load; it is taken off cpuUsPerRequest' },
  ),
  requests: Type.Integer(),
  errors: Type.Integer(),
  overloadedRounds: Type.Integer({
    description: 'rounds in which it did not carry the rate; 0 without --beyond-limit',
  }),
});

const Comparison = Type.Object({
  candidate: Text,
  baseline: Type.String({ description: 'what it is compared with: the baseline, or another candidate' }),
  metric: Text,
  role: Type.Enum(['primary', 'exploratory']),
  scale: Type.Enum(['ratio', 'points', 'plain'], {
    description:
      'changePct, interval95 and marginPct are in percent, in percentage points, or in the unit of the figure',
  }),
  changePct: NumberOrNull,
  interval95: Interval,
  df: Type.Union([Type.Number(), Type.Null()], { description: 'degrees of freedom of interval95 and p' }),
  p: NumberOrNull,
  pAdjusted: NumberOrNull,
  marginPct: Type.Number(),
  perRound: Type.Array(NumberOrNull, {
    description:
      'natural logarithms of ratios, or differences, of the rounds in their order; null where a round lacks the figure',
  }),
  processSdPct: Type.Number({
    description:
      'what a world differs by from start to start: hundred times a standard deviation on the scale of perRound',
  }),
  processDf: Type.Union([Type.Number(), Type.Null()], { description: 'null where processSdPct is 0' }),
  pairsLeftOut: Type.Union([Type.Integer(), Type.Null()], {
    description: 'requests that found no counterpart; null for all but the same-request change',
  }),
  verdict: TextOrNull,
  withheldReason: TextOrNull,
  roundsNeeded: Type.Union([Type.Integer(), Type.Null()]),
  needsMoreStarts: Type.Boolean({
    description: 'no number of rounds would tell a difference of the margin: only further starts would',
  }),
});

/** How what is told of the control is told. */
const onPrimaryScale =
  'on the scale of the primary figure: in percent, in percentage points, or in the unit of the figure';

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
    withheldReason: Type.Union([Text, Type.Null()], {
      description:
        'why all verdicts, or all of response times and CPU, are withheld; null with status ok or inconclusive, where single comparisons may have a reason of their own',
    }),
    manifest: Manifest,
    candidates: Type.Array(Candidate),
    rounds: Type.Array(RoundOfAll, { description: 'empty in turns' }),
    blocks: Type.Array(Block),
    control: Type.Object({
      interval95: Type.Union([...Interval.anyOf], {
        description: `of the baseline against itself, ${onPrimaryScale}`,
      }),
      noiseFloorPct: Type.Union([...NumberOrNull.anyOf], {
        description: `half of the width of interval95, ${onPrimaryScale}`,
      }),
      passed: Type.Union([Type.Boolean(), Type.Null()]),
    }),
    comparisons: Type.Array(Comparison, {
      description: 'of each candidate with the baseline, and of each pair of candidates',
    }),
    warmUps: Type.Array(WarmUp),
    slowTraces: Type.Array(SlowTrace, {
      description:
        'the slowest traced requests of each candidate, in rounds that count if there are any; darkroom trace ID shows one',
    }),
    notes: Type.Array(Text, {
      description: 'what a reader must know: why it ended, what was not exercised',
    }),
  },
  { $id: 'compare-result', title: 'Result of darkroom compare' },
);

export type CompareResult = Static<typeof CompareResultSchema>;
export type CandidateResult = CompareResult['candidates'][number];
export type ComparisonResult = CompareResult['comparisons'][number];
export type RoundResult = CompareResult['rounds'][number];
