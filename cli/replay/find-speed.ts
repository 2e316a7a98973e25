import { availableParallelism } from 'node:os';
import { createWallClock } from '../../app/clock.ts';
import { CommandError } from '../errors.ts';
import { conduct } from '../experiment/conduct.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { needsOfPlan, requireNeeds } from '../experiment/needs-of-plan.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import type { WorkbenchSettings } from '../worlds/workbench.ts';
import type { PlannedReplayRun } from './plan-replay.ts';
import { isLimitFound, planSpeedTrial, stepSeconds, stepsCarried, troubleOfStep } from './speed-trial.ts';

/**
 * The highest rate that was carried is multiplied by this, since chance has its part in which rate that is.
 */
const ofCarried = 0.8;

/**
 * Finds how many requests a second can be sent to each candidate with every response time objective kept: sends those of a recording to
 * all of them faster and faster, in worlds of their own, until one of them does not carry it. `planned` is the replay at its own speed.
 */
export async function findRate(settings: WorkbenchSettings, planned: PlannedReplayRun): Promise<number> {
  const { plan: own, workload } = planned;
  const worlds = own.candidates.length;
  const { replay, rates } = planSpeedTrial({ worlds, cores: availableParallelism() });
  const [first = 1] = rates;
  const plan = {
    ...own,
    replay,
    rounds: rates.length,
    measureSeconds: stepSeconds,
    // Connections are opened at this rate before the first step: at the rate of the last step, they would
    // leave a queue to the first.
    rate: first,
  };
  const needs = needsOfPlan(plan);
  const wall = createWallClock();
  settings.report(
    `Looking for the speed at which all candidates answer 99 % within 100 ms: a warm-up, then at most ${rates.length} steps of ${stepSeconds} s ...`,
  );
  const experiment = await withWorkbench(
    settings,
    async (stack, mediaFolder) => {
      await requireNeeds(needs, stack);
      const k6 = await provideK6(stack.context);
      return conduct(plan, {
        ...{ stack, mediaFolder, k6, workload, otlpEndpoint: null },
        wallClock: () => new Date(wall.now()),
        onWorlds: async () => {},
        onRunning: () => {},
        meter: () => null,
        onRound: (soFar) => settings.report(describeStep(soFar, rates)),
        decide: (soFar) => (isLimitFound(soFar) ? { stop: true, because: 'no-gain' } : { stop: false }),
        onBlock: () => {},
        onRepeat: () => {},
      });
    },
    needs,
  );
  if (settings.signal.aborted) throw new CommandError('interrupted', 'interrupted');
  return ofCarried * requireCarried(experiment, rates);
}

function describeStep(soFar: Experiment, rates: readonly number[]): string {
  const step = soFar.rounds.length - 1;
  const trouble = troubleOfStep(soFar, step);
  return `  ${tellRate(rates[step] ?? 0)}: ${trouble === null ? 'carried' : `not carried, ${trouble}`}`;
}

const tellRate = (rate: number): string => `${rate.toFixed(1)} requests/s each`;

/** The highest rate that was carried. Throws where there was none, with what stood against the lowest. */
function requireCarried(experiment: Experiment, rates: readonly number[]): number {
  const carried = rates[stepsCarried(experiment) - 1];
  if (carried !== undefined) return carried;
  if (experiment.rounds.length === 0)
    throw new CommandError(
      'generatorSaturated',
      `No speed was found: ${experiment.driverFailure ?? 'nothing was measured'}.`,
      { remedy: 'Give a --speed.' },
    );
  throw new CommandError(
    'serviceFailed',
    `Not all candidates answer 99 % within 100 ms at ${rates[0]} requests/s each: ${troubleOfStep(experiment, 0) ?? 'later steps were no better'}.`,
    { remedy: 'Name fewer candidates, wait until the machine has less to do, or give a --speed.' },
  );
}
