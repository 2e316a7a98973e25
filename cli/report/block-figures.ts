import { hitBaseOf, hitsOf } from '../worlds/cache-counts.ts';
import type { BlockRecord, RoundRecord } from '../experiment/records.ts';
import { beyondPerBlockMin, isQuantileKnown, quantileMs } from '../statistics/histograms.ts';
import type { BlockFigure } from './per-round.ts';

/** Quantiles of response time that are shown. */
export const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
export type QuantileName = keyof typeof quantiles;

/**
 * Whether a quantile may be told though arrivals were dropped. Those that nobody sent would have met a stall: they may be the
 * slowest ones, so they must stay few beside the requests that lie beyond the quantile.
 */
export function isTailWhole(quantile: number, droppedShare: number): boolean {
  return droppedShare <= (1 - quantile) / 5 + 1e-12;
}

/** The share of the arrivals that were dropped while a block was measured. */
export type DroppedShare = (block: Pick<BlockRecord, 'round' | 'dropped' | 'offered'>) => number;

/** Together drops are counted for all worlds of a round; in turns each block has its own. */
export function createDroppedShare(rounds: readonly RoundRecord[]): DroppedShare {
  const shares = new Map(
    rounds.map(({ round, dropped, offered }) => [round, offered === 0 ? 0 : dropped / offered] as const),
  );
  return ({ round, dropped, offered }) =>
    dropped === null || offered === 0 ? (shares.get(round) ?? 0) : dropped / offered;
}

/** A quantile of a block in milliseconds; null where too few requests lie beyond it, or too many were dropped. */
export function blockQuantileMs(
  block: BlockRecord,
  name: QuantileName,
  dropped: DroppedShare,
): number | null {
  const quantile = quantiles[name];
  const { responseTimeUs } = block;
  if (responseTimeUs === null || !isTailWhole(quantile, dropped(block))) return null;
  return isQuantileKnown(responseTimeUs.totalCount, quantile, beyondPerBlockMin)
    ? quantileMs(responseTimeUs, quantile)
    : null;
}

function perRequest(figure: number | null, block: BlockRecord): number | null {
  return figure === null || block.servedRequests === null || block.servedRequests === 0
    ? null
    : figure / block.servedRequests;
}

export const queriesPerRequest: BlockFigure = (block) => perRequest(block.storageQueries, block);

/** CPU of what serves: the service and its stores, not the driver. */
export const servingCpuPerRequest: BlockFigure = (block) => {
  const { service, postgres, redis } = block.cpuUs;
  return service === null || postgres === null || redis === null
    ? null
    : perRequest(service + postgres + redis, block);
};

/** Share of the reads that did not wait for storage; 0 where nothing is cached. */
export const hitRatio: BlockFigure = ({ cache }) =>
  cache === null || cache.reads === 0 ? null : hitsOf(cache) / hitBaseOf(cache);
