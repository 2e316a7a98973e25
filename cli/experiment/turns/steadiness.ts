import { usualMargin } from '../../../app/contract/figure.ts';
import type { SecondOfRun } from '../../k6/world-figures.ts';
import type { GuardFinding } from '../records.ts';

/** Below this many measured seconds a trend cannot be told from noise. */
const secondsMin = 10;
/** Standard errors by which the halves of a steady block may differ; more happens once in a thousand. */
const standardErrorsMax = 3.3;
/** A smaller drift does not matter. */
const driftMin = usualMargin;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/**
 * Whether the measured part of a block was still settling: the median of its second half differs from that of its first by
 * more than matters, and by more than its own noise explains.
 */
export function judgeSteadiness(seconds: readonly SecondOfRun[]): GuardFinding | null {
  const medians = seconds.flatMap(({ p50Us }) => (p50Us === null ? [] : [Math.log(p50Us)]));
  if (medians.length < secondsMin) return null;
  const middle = Math.floor(medians.length / 2);
  const [first, second] = [medians.slice(0, middle), medians.slice(middle)];
  const drift = mean(second) - mean(first);
  const error = Math.sqrt(variance(first) / first.length + variance(second) / second.length);
  if (Math.abs(drift) < driftMin || Math.abs(drift) < standardErrorsMax * error) return null;
  const message = `its median drifted by ${(Math.expm1(drift) * 100).toFixed(0)} % from the first half to the second`;
  return { guard: 'unsteady', kind: 'soft', fault: 'service', message };
}
