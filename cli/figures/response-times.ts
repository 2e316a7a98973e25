import type { Histogram } from 'hdr-histogram-js';
import {
  beyondPerBlockMin,
  beyondPooledMin,
  isQuantileKnown,
  mergeHistograms,
  quantileMs,
} from '../statistics/histograms.ts';

/** Quantiles of response time that are shown. */
export const quantiles = { p50: 0.5, p80: 0.8, p95: 0.95, p99: 0.99 } as const;
export type QuantileName = keyof typeof quantiles;

/** What the driver measured of a block. */
export type MeasuredTimes = {
  readonly round: number;
  /** Requests whose planned start lies in the measured part. */
  readonly offered: number;
  /** Arrivals that were not sent; null where they are counted for all blocks of the round. */
  readonly dropped: number | null;
  /** From sending on an open connection to the last byte, microseconds. Null when the driver died. */
  readonly responseTimeUs: Histogram | null;
  /** The same of single operations, by their names; of those alone that a figure asks for. */
  readonly operationTimesUs: Readonly<Record<string, Histogram>>;
  /** Arithmetic mean of the response times, microseconds; null without any. */
  readonly meanUs: number | null;
};

/**
 * Whether a quantile may be told though arrivals were dropped. The dropped ones would have met a stall and
 * may have been the slowest, so they must stay few beside the requests that lie beyond the quantile.
 */
function isTailWhole(quantile: number, droppedShare: number): boolean {
  return droppedShare <= (1 - quantile) / 5 + 1e-12;
}

/** The share of the arrivals that were dropped while a block was measured. */
export type DroppedShare = (block: Pick<MeasuredTimes, 'round' | 'dropped' | 'offered'>) => number;

type RoundOfAll = { readonly round: number; readonly dropped: number; readonly offered: number };

/** Together drops are counted for all worlds of a round; in turns each block has its own. */
export function createDroppedShare(rounds: readonly RoundOfAll[]): DroppedShare {
  const shares = new Map(
    rounds.map(({ round, dropped, offered }) => [round, offered === 0 ? 0 : dropped / offered] as const),
  );
  return ({ round, dropped, offered }) =>
    dropped === null || offered === 0 ? (shares.get(round) ?? 0) : dropped / offered;
}

/** The response times of a block: all of them, or those of some operations. */
function timesOf(block: MeasuredTimes, operations: readonly string[] | undefined): Histogram | null {
  if (operations === undefined || block.responseTimeUs === null) return block.responseTimeUs;
  return mergeHistograms(operations.flatMap((name) => block.operationTimesUs[name] ?? []));
}

/** Which quantile of which requests: of all, or of those of some operations. */
export type AskedQuantile = {
  readonly name: QuantileName;
  readonly operations?: readonly string[] | undefined;
};

/** A quantile of a block in milliseconds; null where too few requests lie beyond it, or too many were dropped. */
export function blockQuantileMs(
  block: MeasuredTimes,
  { name, operations }: AskedQuantile,
  dropped: DroppedShare,
): number | null {
  const quantile = quantiles[name];
  const responseTimeUs = timesOf(block, operations);
  if (responseTimeUs === null || !isTailWhole(quantile, dropped(block))) return null;
  return isQuantileKnown(responseTimeUs.totalCount, quantile, beyondPerBlockMin)
    ? quantileMs(responseTimeUs, quantile)
    : null;
}

/** The quantile of all blocks together; a share of dropped arrivals is weighed by what was offered. */
export function pooledQuantileMs(
  blocks: readonly MeasuredTimes[],
  { name, operations }: AskedQuantile,
  dropped: DroppedShare,
): number | null {
  const quantile = quantiles[name];
  const pooled = mergeHistograms(blocks.flatMap((block) => timesOf(block, operations) ?? []));
  const offered = blocks.reduce((sum, block) => sum + block.offered, 0);
  const lost = blocks.reduce((sum, block) => sum + dropped(block) * block.offered, 0);
  const isKnown =
    isTailWhole(quantile, offered === 0 ? 0 : lost / offered) &&
    isQuantileKnown(pooled.totalCount, quantile, beyondPooledMin);
  return isKnown ? quantileMs(pooled, quantile) : null;
}

/** The mean over all blocks, each weighed by its number of requests. */
export function pooledMeanMs(blocks: readonly MeasuredTimes[]): number | null {
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
