import type { CompareResult, ComparisonResult } from '../report/compare-result.ts';
import { realFigures } from './real-experiment.ts';
import type { ComparisonLog, RealFigure, RealLog, WorldLevels } from './real-experiment.ts';
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

/** Of the blocks that count, in the order of their rounds. */
function levelsOf({ candidates, blocks }: CompareResult): WorldLevels[] {
  return candidates.map(({ name }) => {
    const own = blocks.filter(({ candidate, status }) => candidate === name && status === 'valid');
    return {
      world: name,
      responseUs: own.map(({ paired }) => (paired === null ? null : Math.round(Math.exp(paired.meanLogUs)))),
      cpuUsPerRequest: own.map(({ cpuUs: { service }, servedRequests }) =>
        service === null || !servedRequests ? null : Math.round(service / servedRequests),
      ),
    };
  });
}

/** What is kept of a result: its comparisons with the baseline and the levels of its worlds, round by round. */
export function logOf(result: CompareResult): RealLog {
  const { status, manifest, comparisons, rounds } = result;
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
    levels: levelsOf(result),
    ownCpuShare: shareOf('ownCpuShare'),
    foreignCpuShare: shareOf('foreignCpuShare'),
  };
}
