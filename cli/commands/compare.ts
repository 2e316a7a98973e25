import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedBy } from '../../app/cache/candidates/allowed-anomalies.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import { CommandError } from '../errors.ts';
import { conduct } from '../experiment/conduct.ts';
import { describeRun } from '../experiment/describe-run.ts';
import { expectHits } from '../experiment/expect-hits.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import type { CompareOptions, ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { BlockRecord } from '../experiment/records.ts';
import type { Experiment } from '../experiment/run-experiment.ts';
import { hashWorkload } from '../experiment/workload-hash.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { finishedRounds } from '../report/per-round.ts';
import { describeSpoiled, formatBlock, formatDuration } from '../report/progress.ts';
import { summarise } from '../report/summarise.ts';
import { renderTable } from '../report/table.ts';
import { latencySummary } from '../report/block-line.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { createSlowRequests, cutComplaint } from '../traces/slow-requests.ts';
import type { SlowRequests } from '../traces/slow-requests.ts';
import { keepTraces } from '../traces/trace-files.ts';
import { openTraceReceiver } from '../watch/trace-receiver.ts';
import type { TraceReceiver } from '../watch/trace-receiver.ts';
import { createExperimentWatch } from '../watch/watch-experiment.ts';
import type { ExperimentWatch } from '../watch/watch-experiment.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import type { WorldMaker } from '../worlds/world.ts';
import { createRunFolder } from './run-folder.ts';
import type { Terminal } from './terminal.ts';

/** Seconds that a block takes beside its settle and measure parts: the start and the end of k6, two readings of counters. */
const blockOverheadSeconds = 1.3;
/** Of each candidate. */
const tracesKeptMax = 10;

/** What an experiment ended with: itself, and the store that died, if one did. */
type Outcome = { readonly experiment: Experiment; readonly failure: string | null };

/** Runs the experiment that the options describe, keeps its results, prints the table, and sets the exit status. */
export async function compare(
  terminal: Terminal,
  given: readonly string[],
  options: CompareOptions,
): Promise<void> {
  const plan = planExperiment(given, options);
  const jsonFile = options.json === undefined ? null : openForWriting(options.json);
  const startedAt = new Date();
  const workload = createWorkload({ ...plan, mix: scenarios[plan.scenario].mix });
  await withWorkbench(terminal, async (maker, mediaFolder) => {
    const k6 = await provideK6(maker.context);
    const folder = createRunFolder(maker.context.paths, startedAt);
    const redisVersion = { current: null as string | null };
    const watch = createExperimentWatch(options.watch ?? false, plan);
    const receiver = await openTraceReceiver(plan.telemetry);
    const slow = receiver === null ? null : createSlowRequests<BlockRecord>(receiver.store, tracesKeptMax);
    const ground = { maker, mediaFolder, k6, workload, folder, redisVersion, watch, receiver, slow };
    const { experiment, failure } = await runToItsEnd(terminal, plan, ground);
    const manifest = describeRun({
      plan,
      isRateGiven: options.isRateGiven ?? false,
      workloadHash: hashWorkload(workload),
      order: experiment.order,
      k6,
      versions: { darkroom: terminal.version, postgres: maker.postgres.version, redis: redisVersion.current },
      checkout: terminal.checkout,
      startedAt,
    });
    const { slowTraces, page } = keepSlowest(plan, experiment, slow, folder);
    const result = summarise({
      plan,
      experiment,
      manifest,
      expectedHitRatios: expectHits(plan, workload),
      allows: new Map(plan.candidates.map(({ label, settings }) => [label, allowedBy(settings)] as const)),
      requireVerdict: options.requireVerdict ?? false,
      failure,
      slowTraces,
    });
    keep(result, folder, jsonFile);
    terminal.print(renderTable(result));
    terminal.report(`Results are kept in ${folder}`);
    if (page !== null) terminal.report(`The slowest traced requests are drawn in ${page}`);
    if (slow?.isCut() === true) terminal.report(cutComplaint);
    terminal.exitWith(result.exitCode);
  });
}

/** Fails before anything starts when the file cannot be written. */
function openForWriting(file: string): string {
  try {
    appendFileSync(file, '');
    return file;
  } catch (error) {
    throw new CommandError('usage', `${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function keep(result: CompareResult, folder: string, jsonFile: string | null): void {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  writeFileSync(join(folder, 'result.json'), text);
  writeFileSync(join(folder, 'table.txt'), renderTable(result));
  if (jsonFile !== null) writeFileSync(jsonFile, text);
}

type KeptSlowest = { readonly slowTraces: CompareResult['slowTraces']; readonly page: string | null };

/** Of each candidate the slowest traces of the rounds that count, kept with the results; where none does, of those that are shown. */
function keepSlowest(
  { candidates }: ExperimentPlan,
  { blocks }: Experiment,
  slow: SlowRequests<BlockRecord> | null,
  folder: string,
): KeptSlowest {
  const labels = candidates.map(({ label }) => label);
  const counted = finishedRounds(blocks, labels);
  const rounds = counted.length > 0 ? counted : finishedRounds(blocks, labels, { withSpoiled: true });
  const slowest = labels.flatMap(
    (label) => slow?.slowestOf(rounds.flatMap((round) => round.get(label) ?? [])) ?? [],
  );
  const page = keepTraces(
    folder,
    slowest.map(({ block, trace }) => ({ heading: `${block.candidate} · round ${block.round}`, trace })),
  );
  const slowTraces = slowest.map(({ block, trace: { traceId, root } }) => ({
    candidate: block.candidate,
    round: block.round,
    traceId,
    name: root.name,
    durationMs: root.durationMs,
  }));
  return { slowTraces, page };
}

type Ground = {
  readonly maker: WorldMaker;
  readonly mediaFolder: string;
  readonly k6: K6Binary;
  readonly workload: Workload;
  readonly folder: string;
  readonly redisVersion: { current: string | null };
  readonly watch: ExperimentWatch;
  readonly receiver: TraceReceiver | null;
  /** Null where nothing is traced. */
  readonly slow: SlowRequests<BlockRecord> | null;
};

/** Runs the experiment; when a store dies under it, what was finished is kept. */
async function runToItsEnd(terminal: Terminal, plan: ExperimentPlan, ground: Ground): Promise<Outcome> {
  const blocks: BlockRecord[] = [];
  const secondsPerBlock = plan.settleSeconds + plan.measureSeconds + blockOverheadSeconds;
  announce(terminal, plan, secondsPerBlock);
  const { maker, mediaFolder, k6, workload, folder, redisVersion, watch, receiver, slow } = ground;
  try {
    const experiment = await conduct(plan, {
      maker,
      mediaFolder,
      k6,
      workload,
      wallClock: () => new Date(),
      otlpEndpoint: receiver?.address ?? null,
      onRunning: watch.onRunning,
      meterOf: watch.meterOf,
      onWorlds: async (worlds) => {
        slow?.watch(worlds);
        await watch.start(maker, worlds, receiver);
        redisVersion.current = worlds.find((world) => world.redis !== null)?.redis?.version ?? null;
      },
      onBlock: (block, left) => {
        blocks.push(block);
        slow?.blockEnded(block);
        appendFileSync(join(folder, 'blocks.jsonl'), `${JSON.stringify(latencySummary(block))}\n`);
        terminal.report(formatBlock(block, plan.rounds, left * secondsPerBlock));
      },
      onRepeat: (round, spoiled) =>
        terminal.report(`Round ${round} is repeated in every world: ${describeSpoiled(spoiled)}`),
    });
    return { experiment, failure: null };
  } catch (error) {
    if (!(error instanceof CommandError) || error.reason !== 'serviceFailed' || blocks.length === 0)
      throw error;
    terminal.report(`darkroom: ${error.message}`);
    if (error.logFile !== undefined) terminal.report(`  More in ${error.logFile}`);
    const rounds = finishedRounds(
      blocks,
      plan.candidates.map(({ label }) => label),
    );
    const order = rounds.map((round) => [...round.keys()]);
    return { experiment: { blocks, warmUpCurves: [], order, ended: 'gave-up' }, failure: error.message };
  } finally {
    await watch.stop();
    await receiver?.close();
  }
}

function announce(terminal: Terminal, plan: ExperimentPlan, secondsPerBlock: number): void {
  const worlds = plan.candidates.length;
  const seconds = worlds * (plan.warmUpSeconds + 2 + (plan.rounds + 1) * secondsPerBlock) + 10;
  terminal.report(
    `Comparing ${plan.candidates.map(({ label }) => label).join(', ')} under ${plan.scenario} at ${plan.rate} requests/s: ` +
      `${plan.rounds} rounds, about ${formatDuration(seconds)}.`,
  );
}
