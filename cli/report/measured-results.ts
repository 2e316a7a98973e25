import { staleHitsOf } from '../worlds/cache-counts.ts';
import type { PlannedCandidate } from '../experiment/plan-experiment.ts';
import type { BlockRecord, CpuUs, IdleCpu } from '../experiment/records.ts';
import { beyondPooledMin, isQuantileKnown, mergeHistograms, quantileMs } from '../statistics/histograms.ts';
import { blockQuantileMs, isTailWhole, quantiles } from './block-figures.ts';
import type { DroppedShare, QuantileName } from './block-figures.ts';
import { cacheWorkOf, hitRatiosOf, perRequest, refusedShareOf, total } from './cache-figures.ts';
import type { CandidateResult, CompareResult } from './compare-result.ts';

type Latency = CandidateResult['latencyMs'];
export type HitRatios = CandidateResult['hitRatio'];

/** Means weigh as much as the requests that they are of. */
function pooledMeanMs(blocks: readonly BlockRecord[]): number | null {
  let sumUs = 0;
  let requests = 0;
  for (const { meanUs, responseTimeUs } of blocks) {
    const count = responseTimeUs?.totalCount ?? 0;
    if (meanUs === null || count === 0) continue;
    sumUs += meanUs * count;
    requests += count;
  }
  return requests === 0 ? null : sumUs / requests / 1_000;
}

/** Quantiles of all blocks together; a share of dropped arrivals is weighed by what was offered. */
function pooledLatency(blocks: readonly BlockRecord[], dropped: DroppedShare): Latency {
  const pooled = mergeHistograms(blocks.flatMap(({ responseTimeUs }) => responseTimeUs ?? []));
  const offered = blocks.reduce((sum, block) => sum + block.offered, 0);
  const lost = blocks.reduce((sum, block) => sum + dropped(block) * block.offered, 0);
  const at = (name: QuantileName): number | null => {
    const quantile = quantiles[name];
    const isKnown =
      isTailWhole(quantile, offered === 0 ? 0 : lost / offered) &&
      isQuantileKnown(pooled.totalCount, quantile, beyondPooledMin);
    return isKnown ? quantileMs(pooled, quantile) : null;
  };
  return { p50: at('p50'), p95: at('p95'), p99: at('p99'), mean: pooledMeanMs(blocks) };
}

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
  readonly dropped: DroppedShare;
  readonly idleCpu: readonly IdleCpu[];
  readonly allows: readonly string[];
  readonly expectedHitRatio: HitRatios | undefined;
  /** Since its first warm-up request. */
  readonly livedSeconds: number | null;
};

/** The headline figures of a candidate over all rounds. */
export function toCandidateResult(
  { label, role, settings }: PlannedCandidate,
  { blocks, dropped, idleCpu, allows, expectedHitRatio, livedSeconds }: CandidateSources,
): CandidateResult {
  const cpu = (part: keyof CpuUs) => perRequest(blocks, ({ cpuUs }) => cpuUs[part]);
  const hasTiers = settings.tiers !== 'none';
  return {
    name: label,
    role,
    config: { ...settings },
    allows: [...allows],
    latencyMs: pooledLatency(blocks, dropped),
    ...hitRatiosOf(blocks, settings.tiers),
    expectedHitRatio: expectedHitRatio ?? { memory: null, redis: null, all: null },
    lifetimes: hasTiers && livedSeconds !== null ? (livedSeconds * 1_000) / settings.ttlMs : null,
    cacheWorkPerRequest: cacheWorkOf(blocks),
    refusedShare: refusedShareOf(blocks),
    storageQueriesPerRequest: perRequest(blocks, ({ storageQueries }) => storageQueries),
    cpuUsPerRequest: {
      service: cpu('service'),
      postgres: cpu('postgres'),
      redis: cpu('redis'),
      driver: cpu('driver'),
    },
    idleCpuUsPerSecond: idleCpuOf(label, idleCpu),
    requests: total(blocks, (block) => block.requests) ?? 0,
    errors: total(blocks, (block) => block.errors) ?? 0,
  };
}

/** A block as others read it: quantiles instead of a histogram. */
export function toBlockResult(block: BlockRecord, dropped: DroppedShare): CompareResult['blocks'][number] {
  const at = (name: QuantileName) => blockQuantileMs(block, name, dropped);
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
    latencyMs: {
      p50: at('p50'),
      p95: at('p95'),
      p99: at('p99'),
      mean: block.meanUs === null ? null : block.meanUs / 1_000,
    },
    paired: block.paired,
    cache: block.cache === null ? null : { ...block.cache, staleHits: staleHitsOf(block.cache) },
    cacheWork: block.cacheWork,
    redisCommands: block.tier,
    servedRequests: block.servedRequests,
    storageQueries: block.storageQueries,
    cpuUs: block.cpuUs,
  };
}
