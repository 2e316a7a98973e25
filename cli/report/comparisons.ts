import type { FigureContext } from '../figures/figure-values.ts';
import { holmAdjust } from '../statistics/holm.ts';
import { pairedEffect } from '../statistics/paired-effect.ts';
import type { PairedEffect } from '../statistics/paired-effect.ts';
import type { EffectScale } from '../statistics/effect-scale.ts';
import type { ProcessSpread, SpreadFigure } from '../statistics/process-spread.ts';
import { judge, roundsNeeded } from '../statistics/verdict.ts';
import { comparedFigures, marginOf, spreadOnScale } from './compared-figures.ts';
import type { ComparedFigure } from './compared-figures.ts';
import type { ComparisonResult } from './compare-result.ts';
import { differencesPerRound } from './per-round.ts';
import type { Round } from './per-round.ts';
import { withheldReasonOf } from './withheld.ts';
import type { Withheld } from './withheld.ts';

export type ComparisonSettings = {
  readonly rounds: readonly Round[];
  readonly context: FigureContext;
  readonly baseline: string;
  /** Without the baseline and the control. */
  readonly candidates: readonly string[];
  /** Name of the figure. */
  readonly primary: string;
  readonly spreadOf: (figure: SpreadFigure) => ProcessSpread;
  readonly withheld: Withheld;
};

/** A candidate, and what it is compared with. */
type Pair = readonly [candidate: string, other: string];

/** Each candidate with each one before it. */
function pairsOf(candidates: readonly string[]): Pair[] {
  return candidates.flatMap((candidate, index) =>
    candidates.slice(0, index).map((other): Pair => [candidate, other]),
  );
}

function turned(effect: PairedEffect): PairedEffect {
  const turn = (interval: readonly [number, number] | null) =>
    interval === null ? null : ([-interval[1], -interval[0]] as const);
  return {
    ...effect,
    mean: -effect.mean,
    interval90: turn(effect.interval90),
    interval95: turn(effect.interval95),
    interval99: turn(effect.interval99),
  };
}

/** As it is told: a change in percent, or a difference in percentage points or in the unit of the figure. */
function asTold({ mean, interval95 }: PairedEffect, { told }: EffectScale) {
  return {
    changePct: told(mean),
    interval95: interval95 === null ? null : ([told(interval95[0]), told(interval95[1])] as [number, number]),
  };
}

/** Pairs of requests that were left out, in the rounds that the comparison is made of. */
function leftOutOf(rounds: readonly Round[], perRound: readonly (number | null)[], pair: Pair): number {
  return rounds
    .filter((_, index) => perRound[index] !== null)
    .map((round) => Math.max(...pair.map((name) => round.get(name)?.paired?.leftOut ?? 0)))
    .reduce((sum, count) => sum + count, 0);
}

/** One figure of a family of pairs, with Holm's correction over those that could be measured. */
function comparePairs(
  settings: ComparisonSettings,
  compared: ComparedFigure,
  pairs: readonly Pair[],
  role: ComparisonResult['role'],
): ComparisonResult[] {
  const { rounds, withheld } = settings;
  const { figure, scale } = compared;
  const measured = pairs.flatMap((pair) => {
    const perRound = differencesPerRound(rounds, compared.of, pair);
    const known = perRound.filter((difference) => difference !== null);
    if (known.length === 0) return [];
    const process = spreadOnScale(compared, settings.spreadOf(compared.spread), rounds, pair[1]);
    return [{ pair, perRound, process, effect: pairedEffect(known, process) }];
  });
  const adjusted = holmAdjust(measured.map(({ effect }) => effect.p ?? 1));
  return measured.map(({ pair, perRound, process, effect }, index): ComparisonResult => {
    const [candidate, baseline] = pair;
    const pAdjusted = adjusted[index] as number;
    const margin = marginOf(compared, rounds, baseline);
    const verdict = judge(figure.better === 'more' ? turned(effect) : effect, margin, pAdjusted);
    const withheldReason = withheldReasonOf(withheld, compared, pair);
    const needed =
      verdict === 'inconclusive' && effect.p !== null ? roundsNeeded(effect.sd, process, margin) : null;
    return {
      candidate,
      baseline,
      metric: figure.name,
      role,
      scale: figure.scale,
      ...asTold(effect, scale),
      df: effect.df,
      p: effect.p,
      pAdjusted: effect.p === null ? null : pAdjusted,
      marginPct: scale.told(margin),
      perRound,
      processSdPct: process.sd * 100,
      processDf: process.sd === 0 ? null : process.df,
      pairsLeftOut: figure.name === 'request' ? leftOutOf(rounds, perRound, pair) : null,
      verdict: withheldReason === null ? verdict : null,
      withheldReason,
      roundsNeeded: needed === 'more-starts' ? null : needed,
      needsMoreStarts: needed === 'more-starts',
    };
  });
}

/** Each candidate with the baseline, the primary figure first; then each pair of candidates. */
export function compareCandidates(settings: ComparisonSettings): ComparisonResult[] {
  const { baseline, candidates, primary } = settings;
  const figures = comparedFigures(primary, settings.context);
  const withBaseline = candidates.map((candidate): Pair => [candidate, baseline]);
  return [
    ...figures.flatMap((compared) =>
      comparePairs(
        settings,
        compared,
        withBaseline,
        compared.figure.name === primary ? 'primary' : 'exploratory',
      ),
    ),
    ...figures.flatMap((compared) => comparePairs(settings, compared, pairsOf(candidates), 'exploratory')),
  ];
}
