import type { RoundRecord } from '../experiment/records.ts';
import type { PrimaryMetric } from '../statistics/primary-metric.ts';
import type { SpreadFigure } from '../statistics/process-spread.ts';
import { costMargin, hitRatioMargin, latencyMargin } from '../statistics/verdict.ts';
import {
  blockQuantileMs,
  createDroppedShare,
  hitRatio,
  queriesPerRequest,
  servingCpuPerRequest,
} from './block-figures.ts';
import type { BlockFigure, Round } from './per-round.ts';

/** A figure that candidates are compared by. */
export type ComparedFigure = {
  readonly name: string;
  readonly scale: 'ratio' | 'points';
  /** Logarithms where it is compared as a ratio. */
  readonly of: BlockFigure;
  /** Which spread of processes it has. */
  readonly spread: SpreadFigure;
  /** The smallest difference that matters, from the value of the other candidate (a logarithm where it is a ratio). */
  readonly marginFrom: (other: number) => number;
  /** More hits are better; all the others are costs. */
  readonly isMoreBetter?: boolean;
};

/** The logarithm of a figure, so that differences are ratios; what is 0 has none. */
function logOf(figure: BlockFigure): BlockFigure {
  return (block) => {
    const value = figure(block);
    return value === null || value <= 0 ? null : Math.log(value);
  };
}

/** Response times in milliseconds, but for the same-request change: its values are logarithms already, of any unit. */
function latencyFigures(rounds: readonly RoundRecord[]): ComparedFigure[] {
  const dropped = createDroppedShare(rounds);
  const own: Record<PrimaryMetric, BlockFigure> = {
    request: ({ paired }) => (paired === null || paired.requests === 0 ? null : paired.meanLogUs),
    p50: logOf((block) => blockQuantileMs(block, 'p50', dropped)),
    p95: logOf((block) => blockQuantileMs(block, 'p95', dropped)),
    p99: logOf((block) => blockQuantileMs(block, 'p99', dropped)),
    mean: logOf(({ meanUs }) => (meanUs === null ? null : meanUs / 1_000)),
  };
  return (Object.entries(own) as [PrimaryMetric, BlockFigure][]).map(([name, of]) => ({
    name,
    of,
    scale: 'ratio',
    spread: 'latency',
    marginFrom: (logMs) => latencyMargin(name, Math.exp(logMs)),
  }));
}

const costs: readonly ComparedFigure[] = [
  {
    name: 'storageQueriesPerRequest',
    of: logOf(queriesPerRequest),
    scale: 'ratio',
    spread: 'counted',
    marginFrom: () => costMargin,
  },
  {
    name: 'cpuUsPerRequest',
    of: logOf(servingCpuPerRequest),
    scale: 'ratio',
    spread: 'cpuPerRequest',
    marginFrom: () => costMargin,
  },
  {
    name: 'hitRatio',
    of: hitRatio,
    scale: 'points',
    spread: 'counted',
    marginFrom: () => hitRatioMargin,
    isMoreBetter: true,
  },
];

/** All figures that are compared, the primary one first. */
export function comparedFigures(rounds: readonly RoundRecord[], primary: PrimaryMetric): ComparedFigure[] {
  return [...latencyFigures(rounds), ...costs].toSorted(
    (a, b) => Number(b.name === primary) - Number(a.name === primary),
  );
}

/** The smallest difference from a candidate that matters, by its mean over the rounds that have the figure. */
export function marginOf(figure: ComparedFigure, rounds: readonly Round[], other: string): number {
  const values = rounds.flatMap((round) => {
    const block = round.get(other);
    return (block === undefined ? null : figure.of(block)) ?? [];
  });
  return figure.marginFrom(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
}
