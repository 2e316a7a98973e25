import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord, RoundRecord } from '../experiment/records.ts';
import { processSpreadOf } from '../statistics/process-spread.ts';
import type { MachineKind } from '../statistics/process-spread.ts';
import type { ComparisonSoFar } from '../statistics/stopping-rule.ts';
import { figureNamed } from '../figures/figure-list.ts';
import { comparedFigure, marginOf, spreadOnScale } from './compared-figures.ts';
import { contextOf } from './figure-context.ts';
import { countedRounds, differencesPerRound, partsOf, recordsOf } from './per-round.ts';
import { failedCandidates } from './withheld.ts';

/** What an experiment has while it runs. */
export type RecordsSoFar = {
  readonly plan: Pick<ExperimentPlan, 'candidates' | 'baseline' | 'primary' | 'pacing' | 'precisionPct'>;
  readonly blocks: readonly BlockRecord[];
  readonly rounds: readonly RoundRecord[];
  readonly machine: MachineKind;
};

/**
 * The primary comparison of each candidate that may still get a verdict, for the rule that decides when to stop: computed
 * from the records as the result will be.
 */
export function primarySoFar({ plan, blocks, rounds, machine }: RecordsSoFar): ComparisonSoFar[] {
  const labels = plan.candidates.map(({ label }) => label);
  const counted = countedRounds(blocks, labels, plan);
  const failed = failedCandidates(counted, plan.pacing);
  const figure = comparedFigure(figureNamed(plan.primary), contextOf(plan, rounds));
  const spread = processSpreadOf(figure.spread, machine, partsOf(recordsOf(rounds, counted)));
  const process = spreadOnScale(figure, spread, counted, plan.baseline);
  const precision =
    plan.precisionPct === null
      ? marginOf(figure, counted, plan.baseline)
      : figure.scale.effectOfTold(plan.precisionPct);
  return plan.candidates
    .filter(({ role, label }) => role === 'candidate' && !failed.has(label))
    .map(({ label }) => ({
      candidate: label,
      differences: differencesPerRound(counted, figure.of, [label, plan.baseline]).filter(
        (difference) => difference !== null,
      ),
      process,
      precision,
    }));
}
