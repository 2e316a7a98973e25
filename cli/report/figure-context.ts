import { configOf } from '../../app/candidates/format-candidate.ts';
import { figuresOf } from '../experiment/figures-of-plan.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { RoundRecord } from '../experiment/records.ts';
import type { FigureContext } from '../figures/figure-values.ts';
import { createDroppedShare } from '../figures/response-times.ts';

/** The figures of an experiment, and what their values depend on beside its blocks. */
export function contextOf(
  { candidates }: Pick<ExperimentPlan, 'candidates'>,
  rounds: readonly RoundRecord[],
): FigureContext {
  const values = new Map(candidates.map(({ label, candidate }) => [label, configOf(candidate)] as const));
  return {
    figures: figuresOf({ candidates }),
    dropped: createDroppedShare(rounds),
    valuesOf: (candidate) => values.get(candidate) ?? {},
  };
}
