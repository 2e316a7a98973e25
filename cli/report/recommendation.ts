import { describeChange, formatInterval, nameBriefly } from './change-text.ts';
import { findFigure } from '../figures/figure-list.ts';
import type { CompareResult, ComparisonResult } from './compare-result.ts';

const gains = ['better', 'slightly better'];
const differences = ['better', 'slightly better', 'worse', 'slightly worse'];

/** The primary figure's comparison of two candidates with each other, whichever of them stands first. */
function pairOf(result: CompareResult, a: string, b: string): ComparisonResult | undefined {
  return result.comparisons.find(
    ({ metric, candidate, baseline }) =>
      metric === result.manifest.primary &&
      ((candidate === a && baseline === b) || (candidate === b && baseline === a)),
  );
}

/** Whether their own comparison shows no difference between two candidates. That their intervals overlap says nothing. */
function isTied(result: CompareResult, a: string, b: string): boolean {
  return !differences.includes(pairOf(result, a, b)?.verdict ?? '');
}

function allowedBy(result: CompareResult, name: string): number {
  return result.candidates.find((candidate) => candidate.name === name)?.allows.length ?? 0;
}

function whatToDo({ status, manifest, blocks }: CompareResult): string {
  if (status === 'generator-saturated' && manifest.rate.source === 'recording')
    return ' Try a lower --speed.';
  if (status === 'generator-saturated')
    return ` Try --rate ${Math.max(1, Math.round(manifest.rate.perSecond / 2))}.`;
  if (status === 'too-noisy' && manifest.rate.source === 'recording')
    return ' Replay it again, on a quieter machine or with fewer candidates.';
  if (status === 'too-noisy' && manifest.pacing === 'together')
    return ' Run again; if it stays so, with more starts (--profile standard).';
  if (status === 'too-noisy') return ' Run again on a quieter machine, or with more rounds.';
  if (status === 'service-failed') {
    const failing = blocks.findLast(({ status: block }) => block === 'invalid');
    if (failing === undefined) return '';
    // The requests have succeeded: neither its log nor a lower rate would help.
    if (failing.reasons.every((reason) => reason.startsWith('tier-refused:')))
      return ' What may be wrong with the Redis: docs/runbooks/redis-tier-refuses.md.';
    const slower = manifest.rate.source === 'recording' ? '--speed' : '--rate';
    return ` ${failing.candidate} failed last: look at its log, or try a lower ${slower}.`;
  }
  return '';
}

function withoutRecommendation(result: CompareResult, isMeasured: boolean): string | null {
  const { withheldReason } = result;
  if (!isMeasured) {
    const why = withheldReason === null ? '' : `: ${withheldReason}`;
    return `No recommendation: nothing was measured${why}.${whatToDo(result)}`;
  }
  return withheldReason === null ? null : `No recommendation: ${withheldReason}.${whatToDo(result)}`;
}

function recommendBest(
  result: CompareResult,
  best: ComparisonResult,
  others: readonly ComparisonResult[],
): string {
  const of = (comparison: ComparisonResult) =>
    `Recommendation: ${comparison.candidate}; ${describeChange(comparison)}${formatInterval(comparison)}.`;
  const equals = others.filter((other) => isTied(result, best.candidate, other.candidate));
  const [fewest = best] = [best, ...equals].toSorted(
    (a, b) => allowedBy(result, a.candidate) - allowedBy(result, b.candidate),
  );
  if (equals.length === 0) return of(best);
  const tied = [best, ...equals].map(({ candidate }) => candidate).join(', ');
  return `${of(fewest)} No difference is shown between ${tied}; ${fewest.candidate} allows the fewest anomalies.`;
}

/** One line: what to choose by these figures, or why they do not say. */
export function recommend(result: CompareResult): string {
  const { primary, baseline } = result.manifest;
  const isMeasured = result.candidates.some(({ requests }) => requests > 0);
  const none = withoutRecommendation(result, isMeasured);
  if (none !== null) return none;
  const judged = result.comparisons.filter(({ role, verdict }) => role === 'primary' && verdict !== null);
  const better = judged
    .filter(({ verdict }) => gains.includes(verdict ?? ''))
    .toSorted((a, b) => (a.changePct ?? 0) - (b.changePct ?? 0));
  if (findFigure(primary)?.better === 'more') better.reverse();
  const [best, ...others] = better;
  if (best !== undefined) return recommendBest(result, best, others);
  const isOpen = judged.length === 0 || judged.some(({ verdict }) => verdict === 'inconclusive');
  const figure = nameBriefly(primary);
  if (isOpen)
    return `No recommendation: on ${figure} these rounds show no candidate to be better than ${baseline}.`;
  return `Recommendation: keep ${baseline}; no candidate was shown to be better on ${figure}.`;
}
