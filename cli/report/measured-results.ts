import { configOf } from '../../app/candidates/format-candidate.ts';
import type { PlannedCandidate } from '../experiment/plan-experiment.ts';
import type { BlockRecord, IdleCpu } from '../experiment/records.ts';
import { cacheWorkNames } from '../../app/cache/figures.ts';
import { ofEachTier } from '../../app/cache/tiers/index.ts';
import type { ListedFigure } from '../figures/figure-list.ts';
import { sumOf, valueInBlock, valueOverBlocks } from '../figures/figure-values.ts';
import type { FigureContext } from '../figures/figure-values.ts';
import { staleHitsOf } from '../worlds/cache-counts.ts';
import { layersOfBlocks } from './layers-of-blocks.ts';
import type { CandidateResult, CompareResult } from './compare-result.ts';
import { countedOfBlock } from './counted-of-block.ts';
import type { FigureValues } from './figure-schema.ts';

export type HitRatios = CandidateResult['hitRatio'];
/** Where nobody knows any of them. */
export const unknownHitRatios: HitRatios = { ...ofEachTier(() => null), all: null };

/** The mean over the starts of the processes; null where one of them could not tell. */
function idleCpuOf(label: string, idleCpu: readonly IdleCpu[]): CandidateResult['idleCpuUsPerSecond'] {
  const own = idleCpu.filter(({ candidate }) => candidate === label);
  const mean = (part: 'service' | 'postgres' | 'redis'): number | null => {
    const known = own.map((idle) => idle[part]).filter((value) => value !== null);
    if (own.length === 0 || known.length < own.length) return null;
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return { service: mean('service'), postgres: mean('postgres'), redis: mean('redis') };
}

export type CandidateSources = {
  /** Its blocks of the rounds that count. */
  readonly blocks: readonly BlockRecord[];
  readonly context: FigureContext;
  readonly idleCpu: readonly IdleCpu[];
  readonly allows: readonly string[];
  readonly expectedHitRatio: HitRatios | undefined;
  /** Since its first warm-up request. */
  readonly livedSeconds: number | null;
};

/** The headline figures of a candidate over all rounds. */
export function toCandidateResult(
  planned: PlannedCandidate,
  { blocks, context, idleCpu, allows, expectedHitRatio, livedSeconds }: CandidateSources,
): CandidateResult {
  const { label, role, candidate } = planned;
  const { tiers, ttlMs } = candidate.cache;
  const hasTiers = tiers !== 'none';
  const values = valuesWith(context, (figure) => valueOverBlocks(figure, blocks, context));
  return {
    name: label,
    role,
    config: configOf(candidate),
    allows: [...allows],
    figures: values,
    layers: layersOfBlocks(blocks, { tiers, hasEdge: candidate.edge.edge === 'on' }),
    ...namedParts(values),
    expectedHitRatio: expectedHitRatio ?? unknownHitRatios,
    lifetimes: hasTiers && livedSeconds !== null ? (livedSeconds * 1_000) / ttlMs : null,
    idleCpuUsPerSecond: idleCpuOf(label, idleCpu),
    requests: sumOf(blocks, (block) => block.requests) ?? 0,
    errors: sumOf(blocks, (block) => block.errors) ?? 0,
    pastEdge: sumOf(blocks, (block) => block.pastEdge) ?? 0,
    overloadedRounds: blocks.filter(({ status }) => status === 'overloaded').length,
  };
}

function valuesWith(
  { figures }: FigureContext,
  valueOf: (figure: ListedFigure) => number | null,
): FigureValues {
  return Object.fromEntries(figures.map((figure) => [figure.name, valueOf(figure)]));
}

/** Figures that results have had from their first version on, under the names that they have there. */
function namedParts(values: FigureValues) {
  const value = (name: string): number | null => values[name] ?? null;
  const work = cacheWorkNames.map((name) => [name, value(name)] as const);
  return {
    latencyMs: { p50: value('p50'), p95: value('p95'), p99: value('p99'), mean: value('mean') },
    hitRatio: { ...ofEachTier((tier) => value(`${tier}HitRatio`)), all: value('hitRatio') },
    staleHitRatio: value('staleHitRatio'),
    cacheWorkPerRequest: Object.fromEntries(work) as CandidateResult['cacheWorkPerRequest'],
    refusedShare: {
      reads: value('refusedReadShare'),
      writes: value('refusedWriteShare'),
      queue: value('refusedQueueShare'),
    },
    storageQueriesPerRequest: value('storageQueriesPerRequest'),
    cpuUsPerRequest: {
      service: value('serviceCpuUsPerRequest'),
      postgres: value('postgresCpuUsPerRequest'),
      redis: value('redisCpuUsPerRequest'),
      driver: value('driverCpuUsPerRequest'),
    },
  };
}

/** A block as others read it: quantiles instead of a histogram. */
export function toBlockResult(block: BlockRecord, context: FigureContext): CompareResult['blocks'][number] {
  const values = valuesWith(context, (figure) => valueInBlock(figure, block, context));
  const { cache, tier, cacheWork, servedRequests, storageQueries } = countedOfBlock(block.counts);
  return {
    round: block.round,
    attempt: block.attempt,
    slot: block.slot,
    candidate: block.candidate,
    status: block.status,
    reasons: block.findings.map((finding) => `${finding.guard}: ${finding.message}`),
    offered: block.offered,
    started: block.started,
    dropped: block.dropped,
    requests: block.requests,
    errors: block.errors,
    pastEdge: block.pastEdge,
    figures: values,
    latencyMs: namedParts(values).latencyMs,
    paired: block.paired,
    cache: cache === null ? null : { ...cache, staleHits: staleHitsOf(cache) },
    cacheWork,
    redisCommands: tier,
    viewerRequests: block.account ?? null,
    servedRequests,
    storageQueries,
    cpuUs: block.cpuUs,
  };
}
