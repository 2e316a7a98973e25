import type { BlockRecord } from '../experiment/records.ts';
import { quantileMs } from '../statistics/histograms.ts';
import { countedOfBlock } from './counted-of-block.ts';

/** A block as a line of a file that grows while the experiment runs: what is left when it is cut short. */
export function latencySummary({ responseTimeUs, ...block }: BlockRecord): object {
  const at = (quantile: number) => quantileMs(responseTimeUs, quantile);
  const mean = block.meanUs === null ? null : block.meanUs / 1_000;
  const latencyMs = { p50: at(0.5), p95: at(0.95), p99: at(0.99), mean };
  // Histograms are told by their quantiles.
  return { ...block, operationTimesUs: undefined, ...countedOfBlock(block.counts), latencyMs };
}
