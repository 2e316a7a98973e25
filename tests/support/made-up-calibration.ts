import { methodVersions } from '../../cli/calibration/experiment-journal.ts';
import type { FinishedExperiment, PartOutcome, RecordOf } from '../../cli/calibration/experiment-journal.ts';
import { realFigures } from '../../cli/calibration/real-experiment.ts';
import type { ComparisonLog, RealFigure, RealLog } from '../../cli/calibration/real-experiment.ts';
import { createDraws, simulateRounds } from '../../cli/calibration/simulated-rounds.ts';
import type { SimulationTally } from '../../cli/calibration/simulated-experiments.ts';
import { pairedEffect, toPct } from '../../cli/statistics/paired-effect.ts';

/** Records that nobody has measured, for tests of what is made of measured ones. */
export const madeUpMachine = { cpu: 'made-up CPU', cores: 2 };

/** A record of that outcome. */
export function madeUpRecord<Outcome extends PartOutcome>(
  outcome: Outcome,
  { key = `made up ${outcome.part}`, seconds = 100 } = {},
): FinishedExperiment & Outcome {
  const when = { startedAt: '2001-02-03T04:05:06.000Z', seconds };
  return { method: methodVersions[outcome.part], machine: madeUpMachine, key, ...when, ...outcome };
}

/** A comparison whose figures are given; without rounds. */
export function madeUpComparison(
  world: string,
  figure: RealFigure,
  given: Partial<ComparisonLog> = {},
): ComparisonLog {
  return { world, figure, perRound: [], changePct: 0, interval95: [-1, 1], p: 0.5, verdict: null, ...given };
}

export function madeUpLog(comparisons: readonly ComparisonLog[], given: Partial<RealLog> = {}): RealLog {
  const machine = { ownCpuShare: 0.5, foreignCpuShare: 0.1 };
  return { status: 'ok', rounds: 7, parts: 1, comparisons, ...machine, ...given };
}

/** An experiment of four identical worlds, simulated: rounds differ by one standard deviation, starts by another. */
export function madeUpIdentical(
  index: number,
  { roundSd, processSd, half }: { roundSd: number; processSd: number; half: 'odd' | 'even' },
): RecordOf<'b'> {
  const machine = { roundSd, processSd, hasBursts: false, driftShare: 0 };
  const timesOf = simulateRounds(machine, 4, createDraws(5, index));
  const rounds = Array.from({ length: 7 }, (_, round) => timesOf(round, 0));
  const comparisons = [1, 2, 3].flatMap((world) => {
    const perRound = rounds.map((times) => (times[world] ?? 0) - (times[0] ?? 0));
    const effect = pairedEffect(perRound, { sd: processSd, df: 15, parts: 1 });
    const [low, high] = effect.interval95 ?? [0, 0];
    return realFigures.map((figure) =>
      madeUpComparison(`world ${world + 1}`, figure, {
        perRound,
        changePct: toPct(effect.mean),
        interval95: [toPct(low), toPct(high)],
        p: effect.p,
      }),
    );
  });
  const log = madeUpLog(comparisons);
  const outcome = { part: 'b' as const, candidate: 'cache-aside', half, foreignCores: 0, log };
  return madeUpRecord(outcome, { key: `made up b ${index}` });
}

export function madeUpTally(given: Partial<SimulationTally> = {}): SimulationTally {
  return {
    setting: 'made up',
    effectPct: 0,
    experiments: 5_000,
    comparisons: 15_000,
    foundShare: 0.05,
    wrongDirectionShare: 0,
    calledShare: 0.03,
    coverage: 0.95,
    halfWidthMedian: 0.04,
    overOracleMedian: 1.1,
    roundsMedian: 7,
    roundsP90: 9,
    ...given,
  };
}
