import { hitsOf } from '../experiment/cache-counts.ts';
import type { BlockRecord } from '../experiment/records.ts';
import { beyondPerBlockMin, isQuantileKnown, quantileMs } from '../statistics/histograms.ts';

/** One finished round: the block of each candidate. */
export type Round = ReadonlyMap<string, BlockRecord>;

/**
 * One round for each that was finished: of a repeated one, its last try. Rounds with an invalid block are left out unless
 * `withSpoiled`: figures of a noisy machine are shown, but nothing is concluded from them.
 */
export function finishedRounds(
  blocks: readonly BlockRecord[],
  candidates: readonly string[],
  { withSpoiled = false }: { readonly withSpoiled?: boolean } = {},
): Round[] {
  const tries = Map.groupBy(
    blocks.filter((block) => block.round > 0),
    (block) => `${block.round}/${block.attempt}`,
  );
  const counts = (block: BlockRecord): boolean => withSpoiled || block.status !== 'invalid';
  const rounds = new Map<number, Round>();
  for (const own of tries.values()) {
    const [first] = own;
    if (first === undefined || own.length !== candidates.length || !own.every(counts)) continue;
    rounds.set(first.round, new Map(own.map((block) => [block.candidate, block] as const)));
  }
  return [...rounds.values()];
}

/** A figure of one block; null when it cannot be had. */
export type BlockMetric = (block: BlockRecord) => number | null;

const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

export function latencyMetric(name: keyof typeof quantiles): BlockMetric {
  const quantile = quantiles[name];
  return ({ responseTimeUs }) =>
    responseTimeUs !== null && isQuantileKnown(responseTimeUs.totalCount, quantile, beyondPerBlockMin)
      ? quantileMs(responseTimeUs, quantile)
      : null;
}

function perRequest(figure: number | null, block: BlockRecord): number | null {
  return figure === null || block.servedRequests === null || block.servedRequests === 0
    ? null
    : figure / block.servedRequests;
}

export const queriesPerRequest: BlockMetric = (block) => perRequest(block.storageQueries, block);

/** CPU of what serves: the service and its stores, not the driver. */
export const servingCpuPerRequest: BlockMetric = (block) => {
  const { service, postgres, redis } = block.cpuUs;
  return service === null || postgres === null || redis === null
    ? null
    : perRequest(service + postgres + redis, block);
};

/** Share of the reads that did not wait for storage; 0 where nothing is cached. */
export const hitRatio: BlockMetric = ({ cache }) =>
  cache === null || cache.reads === 0 ? null : hitsOf(cache) / cache.reads;

/** Differences of a metric between two candidates, round by round: of logs, or plain. Null when a round lacks it. */
export function pairedDifferences(
  rounds: readonly Round[],
  metric: BlockMetric,
  [candidate, baseline]: readonly [string, string],
  scale: 'log' | 'plain',
): number[] | null {
  const differences: number[] = [];
  for (const round of rounds) {
    const [a, b] = [candidate, baseline].map((name) => {
      const block = round.get(name);
      return block === undefined ? null : metric(block);
    });
    if (a === null || a === undefined || b === null || b === undefined) return null;
    if (scale === 'log' && (a <= 0 || b <= 0)) return null;
    differences.push(scale === 'log' ? Math.log(a / b) : a - b);
  }
  return differences.length === 0 ? null : differences;
}
