import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { createExperimentProgress } from '../commands/experiment-progress.ts';
import type { Terminal } from '../commands/terminal.ts';
import { conduct } from '../experiment/conduct.ts';
import { describeRun } from '../report/describe-run.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import { hashWorkload } from '../experiment/workload-hash.ts';
import { summarise } from '../report/summarise.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import type { Stack } from '../worlds/world.ts';
import { planReal } from './plan-real.ts';
import type { RealLog, RunReal } from './real-experiment.ts';
import { logOf } from './real-log.ts';

/** Runs experiments by the code of `compare`, each in worlds of its own with a PostgreSQL that is started for it. */
export function createRunReal(terminal: Terminal): RunReal {
  return (plan) =>
    withWorkbench(terminal, (stack, mediaFolder) => runOnce(terminal, planReal(plan), stack, mediaFolder));
}

async function runOnce(
  terminal: Terminal,
  plan: ExperimentPlan,
  stack: Stack,
  mediaFolder: string,
): Promise<RealLog> {
  const k6 = await provideK6(stack.context);
  const workload = createWorkload({ ...plan, mix: scenarios[plan.scenario].mix });
  const wallClock = () => new Date(terminal.clock.now());
  const startedAt = wallClock();
  const progress = createExperimentProgress(terminal, plan, () => {});
  const experiment = await conduct(plan, {
    stack,
    mediaFolder,
    k6,
    workload,
    wallClock,
    otlpEndpoint: null,
    meter: () => null,
    onWorlds: () => Promise.resolve(),
    onRunning: () => {},
    onRound: () => {},
    decide: progress.decide,
    onBlock: progress.blockEnded,
    onRepeat: progress.repeated,
  });
  const manifest = describeRun({
    plan,
    experiment,
    workloadHash: hashWorkload(workload),
    k6,
    versions: { darkroom: terminal.version, postgres: stack.postgres.version, redis: null },
    checkout: terminal.checkout,
    startedAt,
  });
  const result = summarise({
    plan,
    experiment,
    manifest,
    expectedHitRatios: new Map(),
    allows: new Map(),
    requireVerdict: false,
    failure: null,
    slowTraces: [],
    livedSeconds: null,
  });
  return logOf(result);
}
