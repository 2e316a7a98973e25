import { configOf } from '../../app/candidates/config-record.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { RoundRecord } from '../experiment/records.ts';
import type { FigureContext } from '../figures/figure-values.ts';
import { createDroppedShare } from '../figures/response-times.ts';

/** What the values of figures depend on beside the blocks that they are of. */
export function contextOf(
  { candidates }: Pick<ExperimentPlan, 'candidates'>,
  rounds: readonly RoundRecord[],
): FigureContext {
  const values = new Map(candidates.map(({ label, candidate }) => [label, configOf(candidate)] as const));
  return { dropped: createDroppedShare(rounds), valuesOf: (candidate) => values.get(candidate) ?? {} };
}
