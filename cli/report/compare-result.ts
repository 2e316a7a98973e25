import type { XStatic } from 'typebox/schema';
import { cacheWorkNames } from '../../app/cache/figures.ts';
import { FigureValuesSchema } from './figure-schema.ts';
import { Manifest } from './manifest-schema.ts';
import { Block } from './block-schema.ts';
import {
  Cpu,
  HitRatio,
  Interval,
  Latency,
  Layer,
  NumberOrNull,
  PastEdge,
  RoundOfAll,
  Text,
  TextOrNull,
  WarmUp,
} from './measured-schema.ts';
import type { OneOrMore } from './measured-schema.ts';

/** Fields of the same kind. */
const fieldsOf = <const Names extends readonly string[], Schema>(names: Names, schema: Schema) =>
  Object.fromEntries(names.map((name) => [name, schema])) as Record<Names[number], Schema>;

/** Per request that the service answered. */
const CacheWork = {
  type: 'object',
  required: cacheWorkNames as OneOrMore<(typeof cacheWorkNames)[number]>,
  properties: fieldsOf(cacheWorkNames, NumberOrNull),
} as const;

const RefusedShare = {
  type: 'object',
  required: ['reads', 'writes', 'queue'],
  properties: { reads: NumberOrNull, writes: NumberOrNull, queue: NumberOrNull },
  description:
    'shares of the commands to the Redis that it refused or did not answer; null where none of the kind were sent',
} as const;

const Candidate = {
  type: 'object',
  required: [
    'name',
    'role',
    'config',
    'allows',
    'figures',
    'layers',
    'latencyMs',
    'hitRatio',
    'expectedHitRatio',
    'staleHitRatio',
    'lifetimes',
    'cacheWorkPerRequest',
    'refusedShare',
    'storageQueriesPerRequest',
    'cpuUsPerRequest',
    'idleCpuUsPerSecond',
    'requests',
    'errors',
    'pastEdge',
    'overloadedRounds',
  ],
  properties: {
    name: Text,
    role: { enum: ['baseline', 'control', 'candidate'] },
    config: { type: 'object', patternProperties: { '^.*$': { anyOf: [Text, { type: 'number' }] } } },
    allows: { type: 'array', items: Text, description: 'anomalies that its strategy and its classes allow' },
    figures: FigureValuesSchema,
    layers: { type: 'array', items: Layer, description: 'empty where viewers have no browsers' },
    latencyMs: Latency,
    hitRatio: HitRatio,
    expectedHitRatio: HitRatio,
    staleHitRatio: {
      ...NumberOrNull,
      description: 'share of the reads that were answered past their TTL; hitRatio contains it',
    },
    lifetimes: {
      ...NumberOrNull,
      description: 'how many TTLs of its entries it lived, warm-up included; null without tiers',
    },
    cacheWorkPerRequest: CacheWork,
    refusedShare: RefusedShare,
    storageQueriesPerRequest: NumberOrNull,
    cpuUsPerRequest: Cpu,
    idleCpuUsPerSecond: {
      type: 'object',
      required: ['service', 'postgres', 'redis'],
      properties: { service: NumberOrNull, postgres: NumberOrNull, redis: NumberOrNull },
      description: 'used without load; it is taken off cpuUsPerRequest',
    },
    requests: { type: 'integer' },
    errors: { type: 'integer' },
    pastEdge: PastEdge,
    overloadedRounds: {
      type: 'integer',
      description: 'rounds in which it did not carry the rate; 0 without --beyond-limit',
    },
  },
} as const;

const Comparison = {
  type: 'object',
  required: [
    'candidate',
    'baseline',
    'metric',
    'role',
    'scale',
    'changePct',
    'interval95',
    'df',
    'p',
    'pAdjusted',
    'marginPct',
    'perRound',
    'processSdPct',
    'processDf',
    'pairsLeftOut',
    'verdict',
    'withheldReason',
    'roundsNeeded',
    'needsMoreStarts',
  ],
  properties: {
    candidate: Text,
    baseline: { type: 'string', description: 'what it is compared with: the baseline, or another candidate' },
    metric: Text,
    role: { enum: ['primary', 'exploratory'] },
    scale: {
      enum: ['ratio', 'points', 'plain'],
      description:
        'changePct, interval95 and marginPct are in percent, in percentage points, or in the unit of the figure',
    },
    changePct: NumberOrNull,
    interval95: Interval,
    df: {
      ...NumberOrNull,
      description: 'degrees of freedom of interval95 and p',
    },
    p: NumberOrNull,
    pAdjusted: NumberOrNull,
    marginPct: { type: 'number' },
    perRound: {
      type: 'array',
      items: NumberOrNull,
      description:
        'natural logarithms of ratios, or differences, of the rounds in their order; null where a round lacks the figure',
    },
    processSdPct: {
      type: 'number',
      description:
        'what a world differs by from start to start: hundred times a standard deviation on the scale of perRound',
    },
    processDf: { ...NumberOrNull, description: 'null where processSdPct is 0' },
    pairsLeftOut: {
      anyOf: [{ type: 'integer' }, { type: 'null' }],
      description: 'requests that found no counterpart; null for all but the same-request change',
    },
    verdict: TextOrNull,
    withheldReason: TextOrNull,
    roundsNeeded: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    needsMoreStarts: {
      type: 'boolean',
      description: 'no number of rounds would tell a difference of the margin: only further starts would',
    },
  },
} as const;

/** On which scale the figures of the control are told. */
const onPrimaryScale =
  'on the scale of the primary figure: in percent, in percentage points, or in the unit of the figure';

const SlowTrace = {
  type: 'object',
  required: ['candidate', 'round', 'traceId', 'name', 'durationMs'],
  properties: {
    candidate: Text,
    round: { type: 'integer', description: 'in whose measured part of the candidate it began' },
    traceId: Text,
    name: Text,
    durationMs: { type: 'number' },
  },
} as const;

/** What `compare --json` writes. A figure that could not be had is null, never 0. */
export const CompareResultSchema = {
  type: 'object',
  required: [
    'schemaVersion',
    'status',
    'exitCode',
    'withheldReason',
    'manifest',
    'candidates',
    'rounds',
    'blocks',
    'control',
    'comparisons',
    'warmUps',
    'slowTraces',
    'notes',
  ],
  properties: {
    schemaVersion: { type: 'number', const: 1 },
    status: {
      enum: ['ok', 'inconclusive', 'service-failed', 'generator-saturated', 'too-noisy', 'interrupted'],
    },
    exitCode: { type: 'integer' },
    withheldReason: {
      ...TextOrNull,
      description:
        'why all verdicts, or all of response times and CPU, are withheld; null with status ok or inconclusive, where single comparisons may have a reason of their own',
    },
    manifest: Manifest,
    candidates: { type: 'array', items: Candidate },
    rounds: { type: 'array', items: RoundOfAll, description: 'empty in turns' },
    blocks: { type: 'array', items: Block },
    control: {
      type: 'object',
      required: ['interval95', 'noiseFloorPct', 'passed'],
      properties: {
        interval95: {
          ...Interval,
          description: `of the baseline against itself, ${onPrimaryScale}`,
        },
        noiseFloorPct: {
          ...NumberOrNull,
          description: `half of the width of interval95, ${onPrimaryScale}`,
        },
        passed: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
      },
    },
    comparisons: {
      type: 'array',
      items: Comparison,
      description: 'of each candidate with the baseline, and of each pair of candidates',
    },
    warmUps: { type: 'array', items: WarmUp },
    slowTraces: {
      type: 'array',
      items: SlowTrace,
      description:
        'the slowest traced requests of each candidate, in rounds that count if there are any; darkroom trace ID shows one',
    },
    notes: {
      type: 'array',
      items: Text,
      description: 'what a reader must know: why it ended, what was not exercised',
    },
  },
  $id: 'compare-result',
  title: 'Result of darkroom compare',
} as const;

export type CompareResult = XStatic<typeof CompareResultSchema>;
export type CandidateResult = CompareResult['candidates'][number];
export type ComparisonResult = CompareResult['comparisons'][number];
export type RoundResult = CompareResult['rounds'][number];
