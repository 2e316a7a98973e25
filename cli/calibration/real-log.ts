import type { CompareResult, ComparisonResult } from '../report/compare-result.ts';
import { realFigures } from './real-experiment.ts';
import type { ComparisonLog, RealFigure, RealLog } from './real-experiment.ts';
import { medianOf } from './sample-counts.ts';

/** A hundred thousandth of a logarithm is a thousandth of a percent: finer than anything that is measured. */
const digits = 5;

const isRealFigure = (metric: string): metric is RealFigure =>
  realFigures.some((figure) => figure === metric);

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}

function toComparisonLog(figure: RealFigure, comparison: ComparisonResult): ComparisonLog {
  const { candidate, perRound, changePct, interval95, p, verdict } = comparison;
  return {
    world: candidate,
    figure,
    perRound: perRound.map(rounded),
    changePct: rounded(changePct),
    interval95: interval95 === null ? null : [rounded(interval95[0]) ?? 0, rounded(interval95[1]) ?? 0],
    p: p === null ? null : Number(p.toPrecision(4)),
    verdict,
  };
}

/** What is kept of a result: its comparisons with the baseline, round by round. */
export function logOf({ status, manifest, comparisons, rounds }: CompareResult): RealLog {
  const shareOf = (name: 'ownCpuShare' | 'foreignCpuShare') =>
    rounded(medianOf(rounds.flatMap(({ machine }) => machine[name] ?? [])));
  return {
    status,
    rounds: manifest.rounds,
    parts: manifest.parts,
    comparisons: comparisons.flatMap((comparison) =>
      comparison.baseline === manifest.baseline && isRealFigure(comparison.metric)
        ? [toComparisonLog(comparison.metric, comparison)]
        : [],
    ),
    ownCpuShare: shareOf('ownCpuShare'),
    foreignCpuShare: shareOf('foreignCpuShare'),
  };
}
