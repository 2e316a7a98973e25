import type { ComparisonLog, RealFigure, RealLog } from './real-experiment.ts';

/**
 * What identical worlds differ by from start to start, by analysis of variance. In an experiment of W worlds and n rounds the
 * means of the worlds vary by σ² + s²/n, where s² is what is left of a round's figure once its world and its round are taken
 * off. So σ² is the variance of the means, less s²/n, pooled over experiments, each of which is one start. Its degrees of freedom
 * are Satterthwaite's for a difference of two mean squares.
 */
export type SpreadEstimate = {
  /** On the scale of logarithms. */
  readonly sd: number;
  readonly df: number;
  readonly starts: number;
  /** Standard deviation that the means of worlds have of their rounds alone. */
  readonly ofRounds: number;
};

/** Of an experiment: for each world its figure in each round, as logarithms. */
export type WorldRounds = readonly (readonly number[])[];

/**
 * The least spread that is believed of a few starts. A variance of their means that is no larger than what
 * rounds alone give may be chance, and does not prove that starts do not differ.
 */
const sdMin = 0.002;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squaresOf(worlds: WorldRounds) {
  const rounds = worlds[0]?.length ?? 0;
  const worldMeans = worlds.map(mean);
  const roundMeans = Array.from({ length: rounds }, (_, round) =>
    mean(worlds.map((world) => world[round] ?? 0)),
  );
  const all = mean(worldMeans);
  const between = worldMeans.reduce((sum, value) => sum + (value - all) ** 2, 0);
  const within = worlds
    .flatMap((world, place) =>
      world.map((value, round) => (value - (worldMeans[place] ?? 0) - (roundMeans[round] ?? 0) + all) ** 2),
    )
    .reduce((sum, value) => sum + value, 0);
  const betweenDf = worlds.length - 1;
  return { between, betweenDf, within, withinDf: betweenDf * (rounds - 1), rounds };
}

/** Null without an experiment of at least two worlds and two rounds. */
export function estimateSpread(experiments: readonly WorldRounds[]): SpreadEstimate | null {
  const squares = experiments
    .map(squaresOf)
    .filter(({ betweenDf, withinDf }) => betweenDf > 0 && withinDf > 0);
  if (squares.length === 0) return null;
  const sumOf = (value: (of: (typeof squares)[number]) => number) =>
    squares.reduce((sum, of) => sum + value(of), 0);
  const betweenDf = sumOf((of) => of.betweenDf);
  const withinDf = sumOf((of) => of.withinDf);
  const ofMeans = sumOf((of) => of.between) / betweenDf;
  const ofRounds = sumOf((of) => (of.betweenDf * of.within) / of.withinDf / of.rounds) / betweenDf;
  const variance = ofMeans - ofRounds;
  const starts = squares.length;
  if (variance <= sdMin ** 2) return { sd: sdMin, df: betweenDf, starts, ofRounds: Math.sqrt(ofRounds) };
  const df = variance ** 2 / (ofMeans ** 2 / betweenDf + ofRounds ** 2 / withinDf);
  return { sd: Math.sqrt(variance), df: Math.max(1, df), starts, ofRounds: Math.sqrt(ofRounds) };
}

/** A figure of all worlds of an experiment, in the rounds in which every world has it; the first world is 0 by definition. */
export function worldRoundsOf({ comparisons }: RealLog, figure: RealFigure): WorldRounds {
  const others = comparisons
    .filter((comparison) => comparison.figure === figure)
    .map(({ perRound }) => perRound);
  const rounds = others[0]?.length ?? 0;
  const complete = Array.from({ length: rounds }, (_, round) => round).filter((round) =>
    others.every((perRound) => typeof perRound[round] === 'number'),
  );
  const numbersOf = (perRound: ComparisonLog['perRound']) => complete.map((round) => perRound[round] ?? 0);
  return [complete.map(() => 0), ...others.map(numbersOf)];
}
