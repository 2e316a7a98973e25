import { join } from 'node:path';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { LoadTargets, RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { CommandError } from '../errors.ts';
import { describeRefusals, tierCommandsIn, tierDuties } from '../worlds/cache-counts.ts';
import type { TierCommands } from '../worlds/cache-counts.ts';
import { requireAnswered } from '../experiment/answered-scenario.ts';
import { judgeLoad } from '../experiment/guards.ts';
import { needsOfWorlds, requireNeeds } from '../experiment/needs-of-plan.ts';
import { readNamed } from '../experiment/named-candidates.ts';
import type { GuardFinding } from '../experiment/records.ts';
import { populationOf } from '../experiment/service-options.ts';
import type { ServiceOptions } from '../experiment/service-options.ts';
import { runLoad } from '../k6/load-figures.ts';
import type { LoadFigures } from '../k6/load-figures.ts';
import { failedShareMax } from '../k6/pass-timings.ts';
import { createPlanner, requirePlannable } from '../k6/request-plans.ts';
import { readScenario } from '../k6/scenario-script.ts';
import { planRecording } from '../recordings/recording-session.ts';
import type { RecordOptions } from '../recordings/recording-session.ts';
import { alignColumns } from '../report/text-columns.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { beyondPooledMin, isQuantileKnown, quantileMs } from '../statistics/histograms.ts';
import { createSlowRequests, cutComplaint } from '../traces/slow-requests.ts';
import type { MeasuredBlock, SlowRequest } from '../traces/slow-requests.ts';
import { keepTraces } from '../traces/trace-files.ts';
import { formatMs } from '../traces/waterfall.ts';
import { openTraceReceiver } from '../watch/trace-receiver.ts';
import { subtractCounters } from '../worlds/service-counters.ts';
import type { ServiceCounters } from '../worlds/service-counters.ts';
import { lastErrorOf } from '../worlds/last-error.ts';
import { loadTargetsOf } from '../worlds/load-targets.ts';
import { withWorlds } from './with-worlds.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import { countersBetween } from '../worlds/world.ts';
import type { World, Stack } from '../worlds/world.ts';
import { oneOf } from '../one-of.ts';
import { createAttempts, requireShown } from './attempts.ts';
import { keepRecording } from './keep-recording.ts';
import { createRunFolder } from './run-folder.ts';
import type { Terminal } from './terminal.ts';

export type LoadOptions = ServiceOptions &
  Partial<RecordOptions> & {
    readonly rate: number;
    readonly candidate: string;
    readonly duration: number;
  };

/** Unmeasured start of the load. */
const settleSeconds = 5;
const tracesKeptMax = 10;
const tracesShownMax = 2;

function describe(run: LoadFigures, scenario: ScenarioName, options: LoadOptions): string {
  const quantiles = ([0.5, 0.95, 0.99] as const).map((q) => {
    const value = isQuantileKnown(run.requests, q, beyondPooledMin)
      ? quantileMs(run.responseTimeUs, q)
      : null;
    return `p${q * 100} ${value === null ? 'n/a' : `${value.toFixed(2)} ms`}`;
  });
  return [
    `${scenario} on ${options.candidate} at ${options.rate} requests/s, telemetry ${options.telemetry}`,
    `response time: ${quantiles.join(', ')}`,
    `${run.requests} of ${run.offered} requests measured, ${run.errors} failed, ${run.dropped} dropped`,
    ...(run.pastEdge === 0 ? [] : [`${run.pastEdge} of them went past a dead edge, to a replica`]),
    '',
  ].join('\n');
}

/** Puts one scenario's load on one candidate and prints what the load met. */
export async function load(terminal: Terminal, scenarioText: string, options: LoadOptions): Promise<void> {
  const scenario = oneOf('scenario', scenarioText, Object.keys(scenarios) as ScenarioName[]);
  const named = readNamed(options.candidate, options.replicas);
  requireAnswered(scenario, [named]);
  const needs = needsOfWorlds({
    candidates: [named.candidate],
    isCompared: false,
    replicas: options.replicas,
    rate: options.rate,
    isTogether: true,
  });
  requirePlannable(
    Math.round(options.rate * (settleSeconds + options.duration)),
    populationOf(options).photos,
    scenarios[scenario].mix,
  );
  const startedAt = new Date();
  const attempts = createAttempts(terminal);
  const beginRecording = planRecording(options, [named]);
  const work = async (stack: Stack, mediaFolder: string): Promise<void> => {
    await requireNeeds(needs, stack);
    const recording = beginRecording?.(stack.context.paths, { processes: options.replicas }) ?? null;
    const k6 = await provideK6(stack.context);
    const receiver = await openTraceReceiver(options.telemetry);
    const slow = receiver === null ? null : createSlowRequests<MeasuredBlock>(receiver.store, tracesKeptMax);
    const telemetry = { mode: options.telemetry, otlpEndpoint: receiver?.address ?? null };
    try {
      const { run, tier } = await withWorlds(
        { stack, mediaFolder },
        { candidates: [named], options, port: 0, telemetry, recording },
        async (worlds) => {
          slow?.watch(worlds);
          terminal.report(
            `Loading ${named.label} at ${options.rate} requests/s for ${settleSeconds} + ${options.duration} s ...`,
          );
          const before = await readCountersOf(worlds);
          const ran = await runScenario(stack, k6, scenario, { options, targets: loadTargetsOf(worlds) });
          const saidLast = lastErrorOf(worlds.flatMap((world) => world.processes()));
          return { run: { ...ran, saidLast }, tier: tierBetween(before, await readCountersOf(worlds)) };
        },
      );
      if (terminal.signal.aborted) throw new CommandError('interrupted', 'interrupted');
      const [finding] = judgeLoad({ ...run, tier });
      // A driver that failed has measured nothing that could be shown.
      if (finding?.guard === 'driver-failed') throw failureOf(finding, run.saidLast, stack);
      terminal.print(describe(run, scenario, options) + describeTier(tier));
      await keepRecording(terminal, recording, {
        source: `load ${scenario}`,
        candidate: named,
        replicas: options.replicas,
        population: populationOf(options),
      });
      if (slow !== null) {
        const block = { candidate: named.label, measured: run.measured };
        slow.blocksEnded([block]);
        const makeFolder = () => createRunFolder(stack.context.paths, startedAt);
        attempts.attempt('The folder of the slowest requests', () =>
          keepSlowest(terminal, slow.slowestOf([block]), makeFolder),
        );
        if (slow.isCut()) terminal.report(cutComplaint);
      }
      if (finding !== undefined) throw failureOf(finding, run.saidLast, stack);
      requireShown(attempts);
    } finally {
      recording?.remove();
      await receiver?.close();
    }
  };
  await withWorkbench(terminal, work, needs);
}

function runScenario(
  stack: Stack,
  k6: K6Binary,
  scenario: ScenarioName,
  { options, targets }: { readonly options: LoadOptions; readonly targets: LoadTargets },
): Promise<LoadFigures> {
  const { mix } = scenarios[scenario];
  const settings: RunSettings = {
    ...populationOf(options),
    mix,
    ...targets,
    passes: singlePass(0, options.rate, { settleSeconds, measureSeconds: options.duration }),
    ratePerSecond: options.rate,
    arrivals: 'poisson',
  };
  const requests = createPlanner(createWorkload(settings))(settings);
  const script = readScenario(stack.checkout, scenario);
  return runLoad({ context: stack.context, k6: k6.path, script, settings, requests });
}

/** The slowest traced requests: how to look at them, and kept where `darkroom trace` finds them. */
function keepSlowest(
  terminal: Terminal,
  slowest: readonly SlowRequest<MeasuredBlock>[],
  makeFolder: () => string,
): void {
  if (slowest.length === 0) {
    terminal.print('slowest traced requests: none was traced while it measured\n');
    return;
  }
  const rows = slowest
    .slice(0, tracesShownMax)
    .map(({ trace: { traceId, root } }) => [
      formatMs(root.durationMs),
      root.name,
      `darkroom trace ${traceId.slice(0, 16)}`,
    ]);
  terminal.print(`slowest traced requests:\n${alignColumns(rows, (column) => column > 0).join('\n')}\n`);
  const page = keepTraces(
    makeFolder(),
    slowest.map(({ block, trace }) => ({ heading: block.candidate, trace })),
  );
  terminal.report(`They are kept, and drawn in ${page}`);
}

async function readCountersOf(worlds: readonly World[]): Promise<readonly (ServiceCounters | null)[]> {
  return (await Promise.all(worlds.map((world) => world.readCounters()))).flat();
}

/** What was asked of the tier behind a socket; null where a replica did not say, or counts nothing. */
function tierBetween(
  before: readonly (ServiceCounters | null)[],
  after: readonly (ServiceCounters | null)[],
): TierCommands | null {
  const counted = countersBetween(before, after, subtractCounters);
  return counted?.isCounted === true ? tierCommandsIn(counted.counts) : null;
}

/** A line where a tier behind a socket was asked for anything, warm-up included. */
function describeTier(tier: TierCommands | null): string {
  if (tier === null) return '';
  const asked = tierDuties.filter(({ sent }) => tier[sent] > 0);
  return asked.length === 0 ? '' : `${describeRefusals(tier, asked, ', ')}\n`;
}

/** What a guard has found, in this command's words. */
function failureOf(finding: GuardFinding, saidLast: string | null, { context }: Stack): CommandError {
  switch (finding.guard) {
    case 'driver-failed':
      return new CommandError('generatorSaturated', finding.message);
    case 'errors': {
      const said = saidLast === null ? '' : ` The service said last: ${saidLast}`;
      return new CommandError(
        'serviceFailed',
        `More than ${100 * failedShareMax} % of the requests failed.${said}`,
        { remedy: `Its logs are in ${join(context.paths.state, 'logs')}.` },
      );
    }
    case 'tier-refused':
      return new CommandError('serviceFailed', `The tier did not work: ${finding.message}.`, {
        remedy: 'What may be wrong with it: docs/runbooks/redis-tier-refuses.md',
      });
    default:
      return new CommandError(
        finding.fault === 'service' ? 'serviceFailed' : 'generatorSaturated',
        `${finding.message}.`,
        { remedy: 'Try a lower --rate.' },
      );
  }
}
