import { once } from 'node:events';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { createDriverMetrics } from '../driver/driver-metrics.ts';
import type { TraceStoreFigures } from '../driver/driver-metrics.ts';
import { CommandError, exitCodes } from '../errors.ts';
import { requireAnswered } from '../experiment/answered-scenario.ts';
import { needsOfWorlds, requireNeeds } from '../experiment/needs-of-plan.ts';
import { noCandidates, readCandidatesFile } from '../experiment/candidates-file.ts';
import { readNamed, requireFewDistinct } from '../experiment/named-candidates.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';
import { populationOf } from '../experiment/service-options.ts';
import type { ServiceOptions } from '../experiment/service-options.ts';
import { oneOf } from '../one-of.ts';
import { planRecording } from '../recordings/recording-session.ts';
import type { RecordOptions } from '../recordings/recording-session.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import { provideK6 } from '../stack/k6-binary.ts';
import { arePortsFree } from '../stack/free-port.ts';
import { reasonOfEnd } from '../stack/reason-of-end.ts';
import type { StackContext } from '../stack/stack-context.ts';
import {
  describeAddresses,
  formatAddresses,
  publishAddresses,
  withdrawAddresses,
} from '../watch/addresses.ts';
import type { Addresses } from '../watch/addresses.ts';
import { openLivePage } from '../watch/open-live-page.ts';
import { startSideWork } from '../watch/side-work.ts';
import type { LoadToPut } from '../watch/side-work.ts';
import { openTraceReceiver } from '../watch/trace-receiver.ts';
import type { TraceReceiver } from '../watch/trace-receiver.ts';
import { watchWorlds } from '../watch/watch-worlds.ts';
import { withWorlds } from './with-worlds.ts';
import { withWorkbench } from '../worlds/workbench.ts';
import type { World, Stack } from '../worlds/world.ts';
import { createAttempts } from './attempts.ts';
import { keepRecording } from './keep-recording.ts';
import type { Terminal } from './terminal.ts';

export type UpOptions = ServiceOptions &
  Partial<RecordOptions> & {
    readonly load?: string;
    readonly rate: number;
    /** A file of candidates. */
    readonly candidates?: string;
  };

/**
 * The port of the first replica. A scenario that k6 runs alone sends to it by default. Where somebody else
 * listens there, any free ports are taken.
 */
const firstPort = 4_000;
/** Each is a world of processes, all of which run at once. */
const candidatesMax = 4;
const defaultCandidate = 'cache-aside';

/**
 * Starts the stores, the service and what watches it, prints where they are, and waits until it is told to stop or something
 * dies.
 */
export async function up(terminal: Terminal, given: readonly string[], options: UpOptions): Promise<void> {
  const candidates = readCandidates(given, options);
  const needs = needsOfWorlds({
    candidates: candidates.map(({ candidate }) => candidate),
    isCompared: false,
    replicas: options.replicas,
    rate: options.load === undefined ? null : options.rate,
    // Each world has a k6 of its own.
    isTogether: false,
  });
  const scenario =
    options.load === undefined
      ? null
      : oneOf('scenario', options.load, Object.keys(scenarios) as ScenarioName[]);
  if (scenario !== null) requireAnswered(scenario, candidates);
  const [recorded] = candidates;
  if (recorded === undefined) throw new CommandError('internal', 'there is no candidate');
  const beginRecording = planRecording(options, [recorded]);
  const work = async (stack: Stack, mediaFolder: string): Promise<void> => {
    await requireNeeds(needs, stack);
    const recording = beginRecording?.(stack.context.paths, { processes: options.replicas }) ?? null;
    const load = scenario === null ? null : await prepareLoad(stack.context, scenario, options.rate);
    const receiver = await openTraceReceiver(options.telemetry);
    const isFree = await arePortsFree(firstPort, candidates.length * options.replicas);
    const port = isFree ? firstPort : 0;
    const telemetry = { mode: options.telemetry, otlpEndpoint: receiver?.address ?? null };
    try {
      const keep = (cut?: string) =>
        keepRecording(terminal, recording, {
          ...{ source: scenario === null ? 'up' : `up ${scenario}`, candidate: recorded },
          ...{ replicas: options.replicas, population: populationOf(options) },
          ...(cut !== undefined && { cut }),
        });
      await keepingOnFailure(terminal, keep, () =>
        withWorlds({ stack, mediaFolder }, { candidates, options, port, telemetry, recording }, (worlds) =>
          runUntilTold(terminal, { stack, worlds, options, load, receiver }),
        ),
      );
      await keep();
    } finally {
      recording?.remove();
      await receiver?.close();
    }
  };
  await withWorkbench(terminal, work, needs);
}

/** Where something dies by itself, what was recorded until then is not lost with it. */
async function keepingOnFailure(
  terminal: Terminal,
  keep: (cut: string) => Promise<void>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!terminal.signal.aborted)
      await createAttempts(terminal).attemptLater('The recording', () => keep('the service failed'));
    throw error;
  }
}

function readCandidates(
  given: readonly string[],
  { replicas, candidates: file }: UpOptions,
): NamedCandidate[] {
  const named = file === undefined ? noCandidates : readCandidatesFile(file);
  const asked = [...given, ...named.keys()];
  const texts = asked.length === 0 ? [defaultCandidate] : asked;
  const candidates = texts.map((text) => readNamed(text, replicas, named));
  requireFewDistinct(candidates, candidatesMax);
  return candidates;
}

async function prepareLoad(context: StackContext, scenario: ScenarioName, rate: number): Promise<LoadToPut> {
  return { scenario, rate, k6: await provideK6(context) };
}

type Running = {
  readonly stack: Stack;
  readonly worlds: readonly World[];
  readonly options: UpOptions;
  readonly load: LoadToPut | null;
  readonly receiver: TraceReceiver | null;
};

async function runUntilTold(terminal: Terminal, running: Running): Promise<void> {
  const { stack, worlds, load, receiver } = running;
  const { paths, report } = stack.context;
  const driver = createDriverMetrics();
  if (receiver !== null) driver.watchTraces(() => figuresOf(receiver.store));
  // Whatever happens from here on, what was started is stopped, the last first.
  await using started = new AsyncDisposableStack();
  const watch = await watchWorlds(stack, worlds, driver);
  if (watch !== null) started.defer(watch.stop);
  const { telemetry } = running.options;
  const { attempt, attemptLater } = createAttempts(terminal);
  const page =
    watch === null
      ? null
      : await attemptLater('The live page', () =>
          openLivePage({ ...running, telemetry, figures: [], watch }),
        );
  if (page !== null) started.defer(page.close);
  const found = { watch, page: page?.address ?? null, traces: receiver?.address ?? null };
  const publish = (): Addresses => {
    const addresses = describeAddresses(stack, worlds, found);
    attempt('The file of these addresses', () => publishAddresses(paths, addresses));
    return addresses;
  };
  const ending = new AbortController();
  const signal = AbortSignal.any([terminal.signal, ending.signal]);
  const work: Promise<void>[] = [];
  started.defer(async () => {
    ending.abort();
    await Promise.allSettled(work);
  });
  started.defer(() => withdrawAddresses(paths));
  const addresses = publish();
  work.push(...startSideWork({ ...running, driver, signal, onBack: publish }));
  terminal.print(formatAddresses(addresses));
  if (load !== null) report(`${load.scenario} asks ${load.rate} requests/s.`);
  report('Running; Ctrl-C stops it.');
  await Promise.race([waitForTheEnd(terminal, running), ...work.map(whenFailed)]);
  terminal.exitWith(exitCodes.interrupted);
}

function figuresOf(store: TraceStore): TraceStoreFigures {
  return { spans: store.counts(), traces: store.traces() };
}

/** Rejects when the work does, and never resolves. */
function whenFailed(work: Promise<void>): Promise<never> {
  return work.then(() => new Promise<never>(() => {}));
}

/** Resolves on Ctrl-C; rejects when a part that the service cannot do without dies by itself. */
async function waitForTheEnd(terminal: Terminal, { stack, worlds }: Running): Promise<void> {
  const { postgres } = stack;
  const died = async (name: string, logFile: string | null, end: Promise<string>) => {
    const reason = await end;
    return { name, logFile, reason };
  };
  const ends = worlds
    .flatMap((world) => world.replicas())
    .map(({ name, process: child }) =>
      died(
        name,
        child.logFile,
        child.exited.then((exit) => `: ${reasonOfEnd(child, exit)}`),
      ),
    );
  ends.push(
    died(
      'PostgreSQL',
      postgres.logFile,
      postgres.ended().then(() => ''),
    ),
  );
  const stop = terminal.signal.aborted ? Promise.resolve() : once(terminal.signal, 'abort');
  const first = await Promise.race([stop.then(() => null), ...ends]);
  if (first === null || terminal.signal.aborted) return;
  const { name, logFile, reason } = first;
  throw new CommandError(
    'serviceFailed',
    `${name} ended by itself${reason}.`,
    logFile === null ? {} : { logFile },
  );
}
