import { allowedByCandidate } from '../../app/classes/system.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import { CommandError } from '../errors.ts';
import { readCandidatesFile } from '../experiment/candidates-file.ts';
import { conduct } from '../experiment/conduct.ts';
import { describeRun } from '../report/describe-run.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { expectHits } from '../report/expect-hits.ts';
import { needsOfPlan, requireNeeds } from '../experiment/needs-of-plan.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import type { CompareOptions, ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord } from '../experiment/records.ts';
import { hashWorkload } from '../experiment/workload-hash.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { finishedRounds } from '../report/per-round.ts';
import { summarise } from '../report/summarise.ts';
import type { SummaryInput } from '../report/summarise.ts';
import { renderTable } from '../report/table.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { recordedCandidate } from '../recordings/recorded-candidate.ts';
import { planRecording } from '../recordings/recording-session.ts';
import type { RecordingSession, RecordOptions } from '../recordings/recording-session.ts';
import { createSlowRequests, cutComplaint } from '../traces/slow-requests.ts';
import { keepTraces } from '../traces/trace-files.ts';
import { unwatched } from '../watch/experiment-watch.ts';
import type { ExperimentWatch } from '../watch/experiment-watch.ts';
import { openTraceReceiver } from '../watch/trace-receiver.ts';
import { lastErrorOf } from '../worlds/last-error.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import type { World, Stack } from '../worlds/world.ts';
import { createAttempts, requireShown } from './attempts.ts';
import type { Attempts } from './attempts.ts';
import { createExperimentProgress } from './experiment-progress.ts';
import { keepRecording } from './keep-recording.ts';
import { createFaces, openForWriting } from './result-faces.ts';
import { keepSlowest } from './kept-slowest.ts';
import { openRawRequests } from './raw-requests.ts';
import { createRunFolder } from './run-folder.ts';
import type { Terminal } from './terminal.ts';

/** Of each candidate. */
const tracesKeptMax = 10;
const livePage = 'The live page';

/** What an experiment ended with: itself, and the store that died, if one did. */
type Outcome = { readonly experiment: Experiment; readonly failure: string | null };

/** What one comparison is made of, from its plan to the worlds that it runs. */
type CompareSession = {
  readonly terminal: Terminal;
  readonly plan: ExperimentPlan;
  readonly options: Pick<CompareOptions, 'json' | 'keepRaw' | 'requireVerdict' | 'watch'> &
    Partial<RecordOptions>;
  readonly stack: Stack;
  readonly mediaFolder: string;
  readonly k6: K6Binary;
  readonly workload: Workload;
  readonly workloadHash: string;
  /** The hit ratios of candidates as they are expected, by their labels. */
  readonly expect: (
    experiment: Experiment,
  ) => SummaryInput['expectedHitRatios'] | Promise<SummaryInput['expectedHitRatios']>;
  readonly folder: string;
  readonly startedAt: Date;
  /** Null: nobody records. */
  readonly recording: RecordingSession | null;
  /** Known once the worlds are up. */
  redisVersion: string | null;
  worlds: readonly World[];
};

/** Runs the experiment that the options describe, keeps its results, prints the table, and sets the exit status. */
export async function compare(
  terminal: Terminal,
  given: readonly string[],
  options: CompareOptions & Partial<RecordOptions> & { readonly candidates?: string },
): Promise<void> {
  const { candidates: file } = options;
  const plan = planExperiment(given, {
    ...options,
    ...(file !== undefined && { named: readCandidatesFile(file) }),
  });
  const workload = createWorkload({ ...plan, mix: scenarios[plan.scenario].mix });
  const expect = ({ sent }: Experiment) => expectHits(plan, workload, sent);
  await runExperiment(terminal, { plan, options, workload, expect });
}

/** An experiment whose requests are known. */
export type PlannedComparison = Pick<CompareSession, 'plan' | 'options' | 'workload' | 'expect'>;

/** Runs a planned experiment, keeps its results, prints the table, and sets the exit status. */
export async function runExperiment(
  terminal: Terminal,
  { plan, options, workload, expect }: PlannedComparison,
): Promise<CompareResult> {
  const jsonFile = options.json === undefined ? null : openForWriting(options.json);
  const beginRecording = planRecording(options, plan.candidates);
  const startedAt = new Date();
  const needs = needsOfPlan(plan);
  const ended: { result: CompareResult | null } = { result: null };
  await withWorkbench(
    terminal,
    async (stack, mediaFolder) => {
      await requireNeeds(needs, stack);
      const k6 = await provideK6(stack.context);
      const folder = createRunFolder(stack.context.paths, startedAt);
      const workloadHash = hashWorkload(workload);
      const common = { terminal, plan, options, stack, mediaFolder, k6, workload, workloadHash, expect };
      // Each part of the rounds starts all processes anew.
      const processes = plan.replicas * plan.parts;
      const recording = beginRecording?.(stack.context.paths, { processes }) ?? null;
      const session = { ...common, folder, startedAt, recording, redisVersion: null, worlds: [] };
      try {
        ended.result = await runSession(session, jsonFile);
      } finally {
        recording?.remove();
      }
    },
    needs,
  );
  if (ended.result === null) throw new CommandError('internal', 'an experiment ended without a result');
  return ended.result;
}

async function runSession(session: CompareSession, jsonFile: string | null): Promise<CompareResult> {
  const { terminal, plan, workload, folder, options } = session;
  const receiver = await openTraceReceiver(plan.telemetry);
  const slow = receiver === null ? null : createSlowRequests<BlockRecord>(receiver.store, tracesKeptMax);
  const attempts = createAttempts(terminal);
  const faces = createFaces(terminal, attempts, folder, jsonFile);
  const raw = options.keepRaw === true ? openRawRequests(folder, plan, workload) : null;
  const summaryOf = (
    { experiment, failure }: Outcome,
    expectedHitRatios: SummaryInput['expectedHitRatios'],
    slowTraces: CompareResult['slowTraces'],
  ) =>
    summarise({
      plan,
      experiment,
      manifest: manifestOf(session, experiment),
      expectedHitRatios,
      allows: new Map(
        plan.candidates.map(({ label, candidate }) => [label, allowedByCandidate(candidate)] as const),
      ),
      requireVerdict: options.requireVerdict ?? false,
      failure,
      slowTraces,
      livedSeconds: livedSecondsOf(plan, experiment),
    });
  const progress = createExperimentProgress(terminal, plan, faces.addBlocks);
  const watch = options.watch === true ? await openWatch(plan) : unwatched;
  let outcome: Outcome;
  try {
    const keep = (experiment: Experiment): void =>
      // The prediction takes its time, which is the machine's that is measured: it has time until the end.
      faces.keep(() => summaryOf({ experiment, failure: null }, new Map(), []));
    outcome = await runToItsEnd(session, { progress, attempts, watch, receiver, slow, raw, keep });
  } finally {
    await attempts.attemptLater(livePage, watch.stop);
    await receiver?.close();
    await attempts.attemptLater(folder, async () => raw?.close());
  }
  await attempts.attemptLater('The recording', () => keepRecordingOf(session, outcome.experiment));
  const { slowTraces, page } = keepSlowest(plan, outcome.experiment, slow, (traces) =>
    attempts.attempt(folder, () => keepTraces(folder, traces)),
  );
  const expected = await session.expect(outcome.experiment);
  const result = summaryOf(outcome, expected, slowTraces);
  faces.show(result, renderTable(result));
  tellLastErrors(session, outcome.experiment);
  if (page !== null) terminal.report(`The slowest traced requests are drawn in ${page}`);
  if (slow?.isCut() === true) terminal.report(cutComplaint);
  requireShown(attempts);
  terminal.exitWith(result.exitCode);
  return result;
}

/**
 * The code that draws pages and asks Prometheus is some hundred files: they are loaded only where somebody
 * watches.
 */
async function openWatch(plan: ExperimentPlan): Promise<ExperimentWatch> {
  const { createExperimentWatch } = await import('../watch/watch-experiment.ts');
  return createExperimentWatch(plan);
}

/** Why a recording of an experiment is not of all of it, by how that ended. */
const cutBy: Readonly<Record<Exclude<Experiment['ended'], 'complete'>, string>> = {
  interrupted: 'the comparison was interrupted',
  'gave-up': 'the comparison gave up, since the service failed',
  generator: 'the comparison ended early, since the load generator did not keep up',
  noisy: 'the comparison ended early, since the machine was too noisy',
};

async function keepRecordingOf(
  { terminal, plan, recording }: CompareSession,
  { ended }: Experiment,
): Promise<void> {
  const candidate = recordedCandidate(plan.candidates);
  if (candidate === undefined) return;
  const { scenario, replicas } = plan;
  await keepRecording(terminal, recording, {
    ...{ source: `compare ${scenario}`, candidate, replicas, population: plan },
    ...(ended !== 'complete' && { cut: cutBy[ended] }),
  });
}

/** Of candidates whose blocks do not count: what their service said. */
function tellLastErrors({ terminal, worlds }: CompareSession, { blocks }: Experiment): void {
  for (const world of worlds) {
    if (!blocks.some(({ candidate, status }) => candidate === world.label && status === 'invalid')) continue;
    const said = lastErrorOf(world.processes());
    if (said !== null) terminal.report(`The service of ${world.label} said last: ${said}`);
  }
}

/**
 * How long the caches have lived, on the clock of their worlds: from the first request of the warm-up to the last of the rounds. A replay
 * begins with empty ones.
 */
function livedSecondsOf({ replay }: ExperimentPlan, { sent }: Experiment): number | null {
  const [first, last] = [sent.find(({ isMeasured }) => isMeasured || replay === undefined), sent.at(-1)];
  return first === undefined || last === undefined
    ? null
    : (last.startMs - first.startMs) / 1000 + last.seconds;
}

function manifestOf(session: CompareSession, experiment: Experiment): CompareResult['manifest'] {
  const { plan, workloadHash, k6, stack, terminal, startedAt } = session;
  return describeRun({
    plan,
    workloadHash,
    experiment,
    k6,
    versions: {
      darkroom: terminal.version,
      postgres: stack.postgres.version,
      redis: session.redisVersion,
    },
    checkout: terminal.checkout,
    startedAt,
  });
}

/** What blocks in turns make when the experiment is cut short. */
function experimentOf({ candidates }: ExperimentPlan, blocks: readonly BlockRecord[]): Experiment {
  const labels = candidates.map(({ label }) => label);
  const order = finishedRounds(blocks, labels).map((round) => [...round.keys()]);
  const nothing = { rounds: [], warmUpCurves: [], idleCpu: [], sent: [] };
  const ended = { ended: 'interrupted', stoppedBecause: null, driverFailure: null } as const;
  return { ...nothing, blocks: [...blocks], order, parts: 1, ...ended };
}

type Listeners = {
  readonly attempts: Attempts;
  readonly progress: ReturnType<typeof createExperimentProgress>;
  readonly watch: ExperimentWatch;
  readonly receiver: Awaited<ReturnType<typeof openTraceReceiver>>;
  readonly slow: ReturnType<typeof createSlowRequests<BlockRecord>> | null;
  readonly raw: ReturnType<typeof openRawRequests> | null;
  readonly keep: (experiment: Experiment) => void;
};

/** Runs the experiment; when a store dies under it or it is interrupted, what was finished is kept. */
async function runToItsEnd(session: CompareSession, listeners: Listeners): Promise<Outcome> {
  const { terminal, plan, stack } = session;
  const { progress, attempts, watch, receiver, slow, raw, keep } = listeners;
  let soFar: Experiment | null = null;
  const inTurns: BlockRecord[] = [];
  progress.announce();
  try {
    const experiment = await conduct(plan, {
      ...session,
      wallClock: () => new Date(),
      otlpEndpoint: receiver?.address ?? null,
      recordingOf: (label) =>
        label === recordedCandidate(plan.candidates)?.label
          ? session.recording?.kept
          : session.recording?.discarded,
      onRunning: watch.onRunning,
      meter: watch.meter,
      onWorlds: async (worlds) => {
        slow?.watch(worlds);
        await attempts.attemptLater(livePage, () => watch.start(stack, worlds, receiver));
        session.worlds = worlds;
        session.redisVersion = worlds.find(({ redis }) => redis !== null)?.redis?.version ?? null;
      },
      ...(raw === null ? {} : { onRequest: raw.add }),
      onRound: (experimentSoFar, blocks) => {
        soFar = experimentSoFar;
        slow?.blocksEnded(blocks);
        watch.onMeasured(blocks, experimentSoFar.rounds);
        progress.keep(blocks);
        keep(experimentSoFar);
      },
      decide: progress.decide,
      onBlock: (block, left) => {
        slow?.blocksEnded([block]);
        watch.onMeasured([block], []);
        progress.keep([block]);
        inTurns.push(block);
        soFar = experimentOf(plan, inTurns);
        progress.blockEnded(block, left);
      },
      onRepeat: progress.repeated,
    });
    return { experiment, failure: null };
  } catch (error) {
    const isStoreDead = error instanceof CommandError && error.reason === 'serviceFailed';
    if (soFar === null || !(isStoreDead || terminal.signal.aborted)) throw error;
    const finished = soFar as Experiment;
    if (!isStoreDead) return { experiment: { ...finished, ended: 'interrupted' }, failure: null };
    terminal.report(`darkroom: ${error.message}`);
    if (error.logFile !== undefined) terminal.report(`  More in ${error.logFile}`);
    return { experiment: { ...finished, ended: 'gave-up' }, failure: error.message };
  }
}
