import type { CandidateResult, CompareResult, ComparisonResult } from './compare-result.ts';
import { asksCaches } from './asks-caches.ts';
import {
  describeChange,
  formatChange,
  formatInterval,
  nameBriefly,
  nameMetric,
  tellMargin,
  unknown,
} from './change-text.ts';
import { figures } from '../figures/figure-list.ts';

/** The comparisons of a candidate with the baseline, by their figures. */
function comparisonsOf(result: CompareResult, name: string): ReadonlyMap<string, ComparisonResult> {
  return new Map(
    result.comparisons
      .filter(({ candidate, baseline }) => candidate === name && baseline === result.manifest.baseline)
      .map((comparison) => [comparison.metric, comparison] as const),
  );
}

/** How to have more starts than this experiment had. */
function furtherStarts({ manifest }: CompareResult): string {
  if (manifest.rate.source === 'recording') return ' (another replay)';
  if (manifest.profile === 'thorough') return '';
  return manifest.profile === 'standard' ? ' (--profile thorough)' : ' (--profile standard)';
}

/** What it would take to tell a difference that was not shown. */
function whatItTakes(result: CompareResult, comparison: ComparisonResult): string {
  const { roundsNeeded, needsMoreStarts, marginPct, metric } = comparison;
  if (needsMoreStarts) return `; only further starts would narrow it${furtherStarts(result)}`;
  if (roundsNeeded === null) return '';
  const more = Math.max(1, roundsNeeded - result.manifest.order.length);
  const how = result.manifest.rate.source === 'recording' ? 'a longer recording' : `--rounds ${roundsNeeded}`;
  const rounds = `about ${more} more ${more === 1 ? 'round' : 'rounds'} (${how})`;
  return `; telling ±${tellMargin(metric, marginPct)} would take ${rounds}`;
}

/** A sentence on one candidate: what was found on the primary figure, and what would change it. */
function describePrimary(result: CompareResult, comparison: ComparisonResult): string {
  const { candidate, verdict, withheldReason } = comparison;
  const found = `${candidate}: ${describeChange(comparison)}${formatInterval(comparison)}`;
  const margin = tellMargin(comparison.metric, comparison.marginPct);
  const whatMatters = comparison.scale === 'ratio' ? `the ${margin} that matter` : `the margin of ${margin}`;
  switch (verdict) {
    case null:
      return `${found}. Verdict withheld: ${withheldReason ?? 'unknown reason'}.`;
    case 'better':
    case 'worse':
      return `${found}: ${verdict}, by more than ${whatMatters}.`;
    case 'equivalent':
      return `${found}: equivalent within ±${margin}.`;
    case 'inconclusive':
      return `${found}: no difference shown${whatItTakes(result, comparison)}.`;
    default:
      return `${found}: ${verdict}; less than ${whatMatters} is possible.`;
  }
}

/** Response times, or the other figures, that a sentence tells beside the one that the verdict rests on. */
function toldBeside({ manifest }: CompareResult, isOfTime: boolean) {
  return figures.filter(
    ({ name, from, isTold }) => isTold === true && name !== manifest.primary && 'driver' in from === isOfTime,
  );
}

/** How the response times changed as a whole, beside the figure that the verdict rests on. */
function describeBeside(result: CompareResult, name: string): string {
  const comparisons = comparisonsOf(result, name);
  const parts = toldBeside(result, true).map(({ name: metric }) => {
    const comparison = comparisons.get(metric);
    return `${nameBriefly(metric)} ${comparison === undefined ? unknown : formatChange(comparison)}`;
  });
  return `  ${parts.join('; ')}.`;
}

/** What it costs or saves beside the response times, where that was told apart. */
function describeCosts(result: CompareResult, name: string): string {
  const comparisons = comparisonsOf(result, name);
  const parts = toldBeside(result, false).flatMap(({ name: metric }) => {
    const comparison = comparisons.get(metric);
    const isTold =
      comparison?.verdict !== undefined &&
      comparison.verdict !== null &&
      comparison.verdict !== 'inconclusive';
    return comparison !== undefined && isTold ? [`${nameMetric(metric)} ${formatChange(comparison)}`] : [];
  });
  return parts.length === 0 ? '' : `  ${parts.join('; ')}.`;
}

/** What may go wrong with what it caches. */
function describeAnomalies({ name, allows }: CandidateResult, { manifest }: CompareResult): string {
  return allows.length === 0 || !asksCaches(manifest.scenario)
    ? ''
    : `  ${name} allows: ${allows.join(', ')}.`;
}

/** A plain sentence per verdict, with what it costs and what it allows. */
export function describeVerdicts(result: CompareResult): string[] {
  if (result.candidates.every(({ requests }) => requests === 0)) return [];
  return result.candidates
    .filter(({ role }) => role === 'candidate')
    .flatMap((candidate) => {
      const { name } = candidate;
      const primary = comparisonsOf(result, name).get(result.manifest.primary);
      if (primary === undefined) return [`${name}: not measured in enough requests to compare.`];
      return [
        describePrimary(result, primary),
        describeBeside(result, name),
        describeCosts(result, name),
        describeAnomalies(candidate, result),
      ];
    })
    .filter((line) => line !== '');
}
