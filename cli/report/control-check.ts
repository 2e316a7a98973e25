import { pairedEffect } from '../statistics/paired-effect.ts';
import type { ProcessSpread } from '../statistics/process-spread.ts';
import { marginOf, spreadOnScale } from './compared-figures.ts';
import type { ComparedFigure } from './compared-figures.ts';
import type { CompareResult } from './compare-result.ts';
import { differencesPerRound } from './per-round.ts';
import type { Round } from './per-round.ts';

/**
 * The baseline against itself: its spread is the noise floor. It fails when it differs by more than chance and processes
 * explain, and by more than matters: a difference that nobody would act on does not spoil an experiment.
 */
export function checkControl(
  rounds: readonly Round[],
  [control, baseline]: readonly [string, string],
  compared: ComparedFigure,
  process: ProcessSpread,
): CompareResult['control'] {
  const known = differencesPerRound(rounds, compared.of, [control, baseline]).filter(
    (difference) => difference !== null,
  );
  const { mean, interval95, interval99 } = pairedEffect(
    known,
    spreadOnScale(compared, process, rounds, baseline),
  );
  if (interval95 === null || interval99 === null) {
    return { interval95: null, noiseFloorPct: null, passed: null };
  }
  const { told } = compared.scale;
  const [low, high] = interval95;
  const isDifferent = interval99[0] > 0 || interval99[1] < 0;
  return {
    interval95: [told(low), told(high)],
    noiseFloorPct: told((high - low) / 2),
    passed: !(isDifferent && Math.abs(mean) > marginOf(compared, rounds, baseline)),
  };
}
