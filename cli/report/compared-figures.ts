import type { Figure, FigureSource } from '../../app/contract/figure.ts';
import type { ListedFigure } from '../figures/figure-list.ts';
import { valueInBlock } from '../figures/figure-values.ts';
import type { FigureContext, MeasuredBlock } from '../figures/figure-values.ts';
import { effectScales } from '../statistics/effect-scale.ts';
import type { EffectScale } from '../statistics/effect-scale.ts';
import type { ProcessSpread, SpreadFigure } from '../statistics/process-spread.ts';
import type { Round } from './per-round.ts';

/** A figure on the scale on which its effects add up. */
export type ComparedFigure = {
  readonly figure: ListedFigure;
  readonly scale: EffectScale;
  /** Of a block, on the scale; null when it cannot be had. */
  readonly of: (block: MeasuredBlock) => number | null;
  /** Which spread of processes it has. */
  readonly spread: SpreadFigure;
};

/** What takes time differs from process to process; what is counted is the same whatever they are like. */
function spreadOf(from: FigureSource): SpreadFigure {
  if ('driver' in from) return 'latency';
  return 'cpu' in from ? 'cpuPerRequest' : 'counted';
}

function effectIn(figure: Figure, scale: EffectScale, context: FigureContext): ComparedFigure['of'] {
  // The same-request figure of a block is a mean of logarithms, of microseconds: that is an effect already.
  if ('driver' in figure.from && figure.from.driver === 'request')
    return ({ paired }) => (paired === null || paired.requests === 0 ? null : paired.meanLogUs);
  return (block) => {
    const value = valueInBlock(figure, block, context);
    return value === null ? null : scale.effectOf(value);
  };
}

export function comparedFigure(figure: ListedFigure, context: FigureContext): ComparedFigure {
  const scale = effectScales[figure.scale];
  return { figure, scale, of: effectIn(figure, scale, context), spread: spreadOf(figure.from) };
}

/** All figures that are compared, the primary one first. */
export function comparedFigures(primary: string, context: FigureContext): ComparedFigure[] {
  return context.figures
    .toSorted((a, b) => Number(b.name === primary) - Number(a.name === primary))
    .map((figure) => comparedFigure(figure, context));
}

/** The value of a candidate that others are held against: the mean over its rounds, on the scale. */
function meanValueOf({ of, scale }: ComparedFigure, rounds: readonly Round[], other: string): number {
  const effects = rounds.flatMap((round) => {
    const block = round.get(other);
    return (block === undefined ? null : of(block)) ?? [];
  });
  return scale.valueOf(effects.reduce((sum, effect) => sum + effect, 0) / Math.max(1, effects.length));
}

/** The smallest difference from a candidate that matters, on the scale. */
export function marginOf(compared: ComparedFigure, rounds: readonly Round[], other: string): number {
  return compared.figure.margin(meanValueOf(compared, rounds, other));
}

/** Processes differ by a share of what they do: a spread is one of logarithms, and on the other scales that much of the value. */
export function spreadOnScale(
  compared: ComparedFigure,
  process: ProcessSpread,
  rounds: readonly Round[],
  other: string,
): ProcessSpread {
  if (compared.figure.scale === 'ratio' || process.sd === 0) return process;
  return { ...process, sd: process.sd * Math.abs(meanValueOf(compared, rounds, other)) };
}
