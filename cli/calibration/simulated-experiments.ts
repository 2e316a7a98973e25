import { usualMargin } from '../../app/contract/figure.ts';
import { profiles } from '../experiment/profiles.ts';
import type { Profile } from '../experiment/profiles.ts';
import { partsOf } from '../report/per-round.ts';
import { holmAdjust } from '../statistics/holm.ts';
import { pairedEffect } from '../statistics/paired-effect.ts';
import type { PairedEffect } from '../statistics/paired-effect.ts';
import type { ProcessSpread } from '../statistics/process-spread.ts';
import { roundsMin } from '../statistics/spread-of-rounds.ts';
import { decideStop } from '../statistics/stopping-rule.ts';
import { judge } from '../statistics/verdict.ts';
import type { Verdict } from '../statistics/verdict.ts';
import { isDifference, quantileOf, shareOf } from './sample-counts.ts';
import { createDraws, oracleError, simulateRounds } from './simulated-rounds.ts';
import type { Draw } from './simulated-rounds.ts';
import type { SimulationSetting } from './simulation-settings.ts';

/** Degrees of freedom with which the spread of processes is known: those that stand in for a calibration. */
const spreadDf = 15;
/** What starts and warm-up take of the time limit, and the pause between two rounds. */
const secondsPerStart = 40;
const pauseSeconds = 0.6;
const normalQuantile = 1.96;
const significance = 0.05;
const spreadDraw = 9;

export type SimulatedComparison = {
  readonly effect: PairedEffect;
  readonly verdict: Verdict;
  /** The 95 % half-width divided by the one that follows from the machine's true parameters. */
  readonly overOracle: number;
};

type KnownSpread = Omit<ProcessSpread, 'parts'>;

function spreadFor({ machine, assumed }: SimulationSetting, normal: Draw): KnownSpread {
  const { processSd } = machine;
  if (processSd === 0) return { sd: 0, df: Infinity };
  if (assumed !== 'estimated') return { sd: processSd * assumed, df: spreadDf };
  let squares = 0;
  for (let index = 0; index < spreadDf; index += 1) squares += normal(spreadDraw, index, 0) ** 2;
  return { sd: processSd * Math.sqrt(squares / spreadDf), df: spreadDf };
}

/** The rounds of an experiment so far: to which start each belongs, and per candidate its differences from the baseline. */
type RoundsSoFar = {
  readonly rounds: { part: number }[];
  readonly differences: readonly number[][];
};

/** One experiment under the stopping rule of `compare`, in which every candidate has the same true effect (log scale). */
export function simulateExperiment(
  setting: SimulationSetting,
  trueEffect: number,
  seed: number,
  index: number,
): readonly SimulatedComparison[] {
  const random = createDraws(seed, index);
  const { machine, candidates } = setting;
  const known = spreadFor(setting, random.normal);
  const timesOf = simulateRounds(machine, candidates + 1, random);
  const soFar: RoundsSoFar = { rounds: [], differences: Array.from({ length: candidates }, () => []) };
  do {
    const round = soFar.rounds.length;
    const part = partOfRound(round, profiles[setting.profile].parts);
    const [baseline = 0, ...times] = timesOf(round, part);
    soFar.rounds.push({ part });
    for (const [place, time] of times.entries()) soFar.differences[place]?.push(trueEffect + time - baseline);
  } while (!mayStop(setting, soFar, known));
  const process = { ...known, parts: partsOf(soFar.rounds) };
  const effects = soFar.differences.map((values) => pairedEffect(values, process));
  const adjusted = holmAdjust(effects.map(({ p }) => p ?? 1));
  const starts = [...Map.groupBy(soFar.rounds, ({ part }) => part).values()].map(({ length }) => length);
  return effects.map((effect, place) => ({
    effect,
    verdict: judge(effect, usualMargin, adjusted[place] ?? 1),
    overOracle: halfWidth(effect) / (normalQuantile * oracleError(machine, starts)),
  }));
}

/** Each start but the last has as many rounds as an experiment needs at least. */
function partOfRound(round: number, parts: number): number {
  return Math.min(parts, 1 + Math.floor(round / roundsMin));
}

function mayStop({ profile: name }: SimulationSetting, soFar: RoundsSoFar, known: KnownSpread): boolean {
  const { rounds, differences } = soFar;
  const { parts, precisionPct, roundSeconds, timeLimitSeconds }: Profile = profiles[name];
  const part = rounds.at(-1)?.part ?? 1;
  const secondsPerRound = roundSeconds + pauseSeconds;
  const { decision } = decideStop({
    comparisons: differences.map((values, place) => ({
      candidate: String(place),
      differences: values,
      process: { ...known, parts: partsOf(rounds) },
      precision: precisionPct === null ? usualMargin : Math.log1p(precisionPct / 100),
    })),
    rounds: rounds.length,
    roundsFixed: null,
    partsLeft: parts - part,
    secondsUsed: part * secondsPerStart + rounds.length * secondsPerRound,
    secondsPerRound,
    secondsMax: timeLimitSeconds,
  });
  return decision.stop;
}

function halfWidth({ interval95 }: PairedEffect): number {
  return interval95 === null ? Infinity : (interval95[1] - interval95[0]) / 2;
}

/** What many experiments of one setting and one true effect came to; shares are from 0 to 1. */
export type SimulationTally = {
  readonly setting: string;
  readonly effectPct: number;
  readonly experiments: number;
  readonly comparisons: number;
  /** Of the comparisons: p of at most 5 %, in the direction of the effect and against it. Without an effect both are false. */
  readonly foundShare: number;
  readonly wrongDirectionShare: number;
  /** Of the experiments: any difference called, p adjusted for all comparisons. */
  readonly calledShare: number;
  /** Of the comparisons: the 95 % interval holds the true effect. */
  readonly coverage: number;
  readonly halfWidthMedian: number;
  readonly overOracleMedian: number;
  readonly roundsMedian: number;
  readonly roundsP90: number;
};

/** Runs that many experiments and counts. */
export function tallySimulation(
  setting: SimulationSetting,
  effectPct: number,
  { seed, experiments }: { readonly seed: number; readonly experiments: number },
): SimulationTally {
  const truth = Math.log1p(effectPct / 100);
  const all = Array.from({ length: experiments }, (_, index) =>
    simulateExperiment(setting, truth, seed, index),
  );
  const comparisons = all.flat();
  const rounds = all.map(([first]) => first?.effect.rounds ?? 0);
  const isFound = ({ effect }: SimulatedComparison) => effect.p !== null && effect.p <= significance;
  return {
    setting: setting.name,
    effectPct,
    experiments,
    comparisons: comparisons.length,
    foundShare: shareOf(comparisons, (one) => isFound(one) && (truth === 0 || one.effect.mean > 0)),
    wrongDirectionShare: shareOf(comparisons, (one) => isFound(one) && truth > 0 && one.effect.mean < 0),
    calledShare: shareOf(all, (experiment) => experiment.some(({ verdict }) => isDifference(verdict))),
    coverage: shareOf(comparisons, ({ effect }) => Math.abs(effect.mean - truth) <= halfWidth(effect)),
    halfWidthMedian: quantileOf(
      comparisons.map(({ effect }) => halfWidth(effect)),
      0.5,
    ),
    overOracleMedian: quantileOf(
      comparisons.map(({ overOracle }) => overOracle),
      0.5,
    ),
    roundsMedian: quantileOf(rounds, 0.5),
    roundsP90: quantileOf(rounds, 0.9),
  };
}
