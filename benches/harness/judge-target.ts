import type { Target } from './bench.ts';
import type { BenchResult } from './bench-result.ts';
import { estimateMedian, pairRounds } from './ratio-statistics.ts';
import type { Estimate } from './ratio-statistics.ts';

export type TargetOutcome = {
  readonly estimate: Estimate;
  readonly isMet: boolean;
  /** Whether the whole interval lies on that side of the limit. */
  readonly isSure: boolean;
  /** How far the median lies beyond a limit that was missed, as a share of it; 0 when it was met. */
  readonly missedBy: number;
};

/** A contestant's rounds of one metric; empty when it did not take part. */
export function roundsOf(result: BenchResult, label: string, metric: string): readonly (number | null)[] {
  return result.contestants.find((contestant) => contestant.label === label)?.figures[metric] ?? [];
}

/** What came of a target, or null when a contestant is missing. */
export function judgeTarget(result: BenchResult, target: Target): TargetOutcome | null {
  const own = roundsOf(result, target.contestant, target.metric);
  const other = target.against === null ? own : roundsOf(result, target.against, target.metric);
  const values = pairRounds(own, other, (value, beside) => {
    if (target.relation === 'value') return value;
    return target.relation === 'ratio' ? value / beside : value - beside;
  });
  if (values.length === 0) return null;
  const estimate = estimateMedian(values);
  const fits = (value: number) =>
    target.sense === 'at-most' ? value <= target.limit : value >= target.limit;
  const isMet = fits(estimate.median);
  return {
    estimate,
    isMet,
    isSure: fits(estimate.low) === isMet && fits(estimate.high) === isMet,
    missedBy: isMet ? 0 : Math.abs(estimate.median - target.limit) / Math.abs(target.limit),
  };
}
