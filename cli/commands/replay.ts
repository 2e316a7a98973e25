import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { requestsWrittenMax } from '../k6/request-plans.ts';
import { openReads, openRequests } from '../recordings/read-recording.ts';
import type { OpenOptions } from '../recordings/read-recording.ts';
import { findRate } from '../replay/find-speed.ts';
import { planReplay } from '../replay/plan-replay.ts';
import type { PlannedReplayRun, ReplayOptions } from '../replay/plan-replay.ts';
import { predictReplay } from '../replay/predict-replay.ts';
import { readLoad } from '../replay/read-load.ts';
import { speedForRate } from '../replay/speed-for-rate.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { runExperiment } from './compare.ts';
import { progressOf } from './simulation-progress.ts';
import type { Terminal } from './terminal.ts';

/** What the command line gave. What is usual is not among it where the recording may say otherwise: its population and replicas. */
export type ReplayCommandOptions = Omit<ReplayOptions, 'population' | 'replicas' | 'speed'> &
  Partial<PopulationSize> &
  OpenOptions & { readonly replicas?: number; readonly speed: number | typeof asObjectivesAllow };

/** As fast as all candidates keep their objectives. */
export const asObjectivesAllow = 'slo';

/** As for any experiment. */
const usualReplicas = 2;

/** Sends the requests of a recording to all candidates at the same moments, as `compare` does with those that it draws. */
export async function replay(
  terminal: Terminal,
  file: string,
  given: readonly string[],
  options: ReplayCommandOptions,
): Promise<void> {
  await runReplay(terminal, file, await readAndPlan(terminal, file, given, options), options);
}

/** Runs a replay that is planned. Its hit ratios stand beside those that the simulator makes of the same part of the recording. */
export async function runReplay(
  terminal: Terminal,
  file: string,
  planned: PlannedReplayRun,
  options: ReplayCommandOptions,
): Promise<CompareResult> {
  const { plan, workload } = planned;
  // What is lost of the recording is known before: whoever does not want that need not wait.
  for (const note of plan.replay?.notes ?? []) terminal.report(note);
  const expect = () => predictReplayed(terminal, file, planned, options);
  return runExperiment(terminal, { plan, options, workload, expect });
}

/** The prediction; empty when the user interrupts the command, so that what was measured is not lost. */
async function predictReplayed(
  terminal: Terminal,
  file: string,
  { plan, part }: PlannedReplayRun,
  options: ReplayCommandOptions,
): ReturnType<typeof predictReplay> {
  if (terminal.signal.aborted) return new Map();
  const onProgress = progressOf(terminal, ' simulated, for the hit ratios that are expected');
  try {
    return await predictReplay(await openReads(file, options), plan, part, onProgress);
  } catch (error) {
    if (terminal.signal.aborted) return new Map();
    throw error;
  }
}

/** Reads what is to be sent, and decides everything about it before anything starts; but for a speed that is to be found. */
export async function readAndPlan(
  terminal: Terminal,
  file: string,
  given: readonly string[],
  options: ReplayCommandOptions,
): Promise<PlannedReplayRun> {
  const { speed } = options;
  if (speed !== asObjectivesAllow) return planAt(terminal, file, given, { ...options, speed });
  let planned = await planAt(terminal, file, given, { ...options, speed: 1 });
  const wanted = await findRate(terminal, planned);
  const found = await speedForRate(wanted, ratesOf(planned), async (tried) => {
    planned = await planAt(terminal, file, given, { ...options, speed: tried });
    return ratesOf(planned);
  });
  const isKept = found.peakRate <= wanted;
  terminal.report(
    `Replayed at ${found.speed} times its speed: ${wanted.toFixed(1)} requests/s each are ${isKept ? 'kept to' : `exceeded, with ${found.peakRate.toFixed(1)},`} in its busiest two seconds.`,
  );
  return planned;
}

const ratesOf = ({ plan: { rate, replay } }: PlannedReplayRun) => ({
  rate,
  peakRate: replay?.peakRate ?? rate,
});

async function planAt(
  { signal }: Terminal,
  file: string,
  given: readonly string[],
  options: ReplayCommandOptions & { readonly speed: number },
): Promise<PlannedReplayRun> {
  const { seed, people, photos, followers, speed } = options;
  const bounds = { requestsMax: requestsWrittenMax, secondsMax: options.timeLimit * speed };
  const load = await readLoad(await openRequests(file, options), bounds, signal);
  const population = {
    ...(followers !== undefined && { followers }),
    ...(seed !== undefined && { seed }),
    ...(people !== undefined && { people }),
    ...(photos !== undefined && { photos }),
  };
  const replicas = options.replicas ?? load.meta.replicas ?? usualReplicas;
  return planReplay(file, load, given, { ...options, replicas, population });
}
