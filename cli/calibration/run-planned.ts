import type { ForeignLoadPlan, PlannedExperiment } from './calibration-sizes.ts';
import type { CommandOutcome, PartOutcome } from './experiment-journal.ts';
import type { ForeignLoad } from './foreign-load.ts';
import type { RunReal } from './real-experiment.ts';
import { tallySimulation } from './simulated-experiments.ts';

/** What experiments of the parts are run with. */
export type CalibrationTools = {
  readonly runReal: RunReal;
  readonly runCommand: () => Promise<CommandOutcome>;
  readonly startForeignLoad: (load: ForeignLoadPlan) => Promise<Pick<ForeignLoad, 'stop'>>;
};

/** Runs one experiment of any part. */
export async function runPlanned(planned: PlannedExperiment, tools: CalibrationTools): Promise<PartOutcome> {
  const { part } = planned;
  if (part === 'a') {
    const { setting, effectPct } = planned;
    const tally = tallySimulation(setting, effectPct, planned);
    return { part, isAsAssumed: setting.isAsAssumed, tally };
  }
  if (part === 'b') {
    const { candidate, half, load, plan } = planned;
    const log = await underLoad(tools, load, () => tools.runReal(plan));
    return { part, candidate, half, foreignCores: load.cores, log };
  }
  if (part === 'c') {
    const { plan } = planned;
    return { part, worlds: plan.worlds.map(({ name }) => name), log: await tools.runReal(plan) };
  }
  if (part === 'd') {
    const { load } = planned;
    const command = await underLoad(tools, load, tools.runCommand);
    return { part, foreignCores: load.cores, command };
  }
  const { plans } = planned;
  return { part, together: await tools.runReal(plans.together), turns: await tools.runReal(plans.turns) };
}

/** Runs the work beside foreign processes, which are ended whatever happens. */
async function underLoad<T>(
  { startForeignLoad }: CalibrationTools,
  load: ForeignLoadPlan,
  work: () => Promise<T>,
): Promise<T> {
  if (load.cores === 0) return work();
  const foreign = await startForeignLoad(load);
  try {
    return await work();
  } finally {
    await foreign.stop();
  }
}
