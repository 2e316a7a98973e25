import type { CandidateResult, CompareResult, ComparisonResult } from './compare-result.ts';
import { formatChange } from './change-text.ts';

function comparisonsOf(result: CompareResult, name: string): ReadonlyMap<string, ComparisonResult> {
  return new Map(
    result.comparisons
      .filter(({ candidate }) => candidate === name)
      .map((comparison) => [comparison.metric, comparison] as const),
  );
}

function times(result: CompareResult, rounds: number): string {
  return `about ${Math.max(1, rounds - result.manifest.order.length)} more rounds (--rounds ${rounds})`;
}

/** A sentence on one candidate: what was found on the primary metric, and what would change it. */
function describePrimary(result: CompareResult, comparison: ComparisonResult): string {
  const { candidate, baseline, metric, verdict, marginPct, withheldReason } = comparison;
  const change = formatChange(comparison);
  const against = `${candidate} against ${baseline}: ${metric} ${change}`;
  switch (verdict) {
    case null:
      return `${against}. Verdict withheld: ${withheldReason ?? 'unknown reason'}.`;
    case 'better':
    case 'worse':
      return `${against}: ${verdict}, by more than the ${marginPct.toFixed(0)} % that matter.`;
    case 'equivalent':
      return `${against}: equivalent within ±${marginPct.toFixed(0)} %.`;
    case 'inconclusive': {
      const rounds = comparison.roundsNeeded;
      return `${against}: no difference shown${rounds === null ? '' : `; telling ±${marginPct.toFixed(0)} % would take ${times(result, rounds)}`}.`;
    }
    default:
      return `${against}: ${verdict}; less than the ${marginPct.toFixed(0)} % that matter is possible.`;
  }
}

/** What it costs or saves beside the primary metric, where that was told apart. */
function describeCosts(result: CompareResult, name: string): string {
  const comparisons = comparisonsOf(result, name);
  const words = {
    storageQueriesPerRequest: 'storage queries per request',
    cpuUsPerRequest: 'CPU per request of service and stores',
  };
  const parts = Object.entries(words).flatMap(([metric, text]) => {
    const comparison = comparisons.get(metric);
    const isTold =
      comparison?.verdict !== undefined &&
      comparison.verdict !== null &&
      comparison.verdict !== 'inconclusive';
    return comparison !== undefined && isTold ? [`${text} ${formatChange(comparison)}`] : [];
  });
  return parts.length === 0 ? '' : `  ${parts.join('; ')}.`;
}

/** What may go wrong with it. */
function describeAnomalies({ name, allows }: CandidateResult): string {
  return allows.length === 0 ? '' : `  ${name} allows: ${allows.join(', ')}.`;
}

/** A plain sentence per verdict, with what it costs and what it allows. */
export function describeVerdicts(result: CompareResult): string[] {
  return result.candidates
    .filter(({ role }) => role === 'candidate')
    .flatMap((candidate) => {
      const primary = comparisonsOf(result, candidate.name).get(result.manifest.primary);
      if (primary === undefined) return [`${candidate.name}: not measured in enough requests to compare.`];
      return [
        describePrimary(result, primary),
        describeCosts(result, candidate.name),
        describeAnomalies(candidate),
      ];
    })
    .filter((line) => line !== '');
}

const gains = ['better', 'slightly better'];

/** Whether two candidates are told apart by the intervals of their changes against the same baseline. */
function overlap(a: ComparisonResult, b: ComparisonResult): boolean {
  if (a.interval95 === null || b.interval95 === null) return true;
  return a.interval95[0] <= b.interval95[1] && b.interval95[0] <= a.interval95[1];
}

/** One line: what to choose by these figures, or why they do not say. */
export function recommend(result: CompareResult): string {
  const primaries = result.comparisons.filter(({ role }) => role === 'primary');
  const withheld = primaries.find(({ withheldReason }) => withheldReason !== null)?.withheldReason;
  if (withheld !== undefined && withheld !== null)
    return `No recommendation: ${withheld}.${whatToDo(result)}`;
  const better = primaries
    .filter(({ verdict }) => verdict !== null && gains.includes(verdict))
    .sort((a, b) => (a.changePct ?? 0) - (b.changePct ?? 0));
  const [best, ...others] = better;
  const isOpen = primaries.length === 0 || primaries.some(({ verdict }) => verdict === 'inconclusive');
  if (best === undefined && isOpen) {
    return `No recommendation: on ${result.manifest.primary} these rounds show no candidate to be better than ${result.manifest.baseline}.`;
  }
  if (best === undefined) {
    return `Recommendation: keep ${result.manifest.baseline}; no candidate was shown to be better on ${result.manifest.primary}.`;
  }
  const equals = others.filter((other) => overlap(best, other)).map(({ candidate }) => candidate);
  if (equals.length === 0)
    return `Recommendation: ${best.candidate}, ${best.metric} ${formatChange(best)} against ${best.baseline}.`;
  const tied = [best.candidate, ...equals];
  const fewest = tied.toSorted((a, b) => allowedBy(result, a) - allowedBy(result, b))[0] as string;
  const comparison = primaries.find(({ candidate }) => candidate === fewest) as ComparisonResult;
  return (
    `Recommendation: ${fewest}, ${comparison.metric} ${formatChange(comparison)} against ${comparison.baseline}. ` +
    `On ${comparison.metric} no difference is shown between ${tied.join(', ')}; ${fewest} allows the fewest anomalies.`
  );
}

function allowedBy(result: CompareResult, name: string): number {
  return result.candidates.find((candidate) => candidate.name === name)?.allows.length ?? 0;
}

function whatToDo({ status, manifest, blocks }: CompareResult): string {
  if (status === 'generator-saturated')
    return ` Try --rate ${Math.max(1, Math.round(manifest.rate.perSecond / 2))}.`;
  if (status === 'too-noisy') return ' Run again on a quieter machine, or with more rounds.';
  if (status === 'service-failed') {
    const failing = blocks.findLast(({ status: block }) => block === 'invalid')?.candidate;
    return failing === undefined ? '' : ` ${failing} failed last: look at its log, or try a lower --rate.`;
  }
  return '';
}
