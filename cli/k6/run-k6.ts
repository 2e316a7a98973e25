import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import {
  arrivalCount,
  arrivalRate,
  requireLoopback,
  virtualUsers,
} from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { displacementWidthMs } from '../../loadtests/workloads/arrivals.ts';
import { readTreeCpuUs } from '../stack/cpu-accounting.ts';
import { ownRun } from '../stack/own-run.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { SupervisedProcess } from '../stack/supervised-process.ts';
import { createAttemptJoiner } from './join-attempts.ts';
import { createTimings } from './pass-timings.ts';
import type { PassTimings, WorldTimings } from './pass-timings.ts';
import type { RequestPlan } from './request-plans.ts';
import { createRowReader } from './sample-rows.ts';
import type { SampleRow } from './sample-rows.ts';
import type { ScenarioScript } from './scenario-script.ts';

/** One run of k6 against one world. `driverFailure` says why its figures cannot count; null when they can. */
export type K6Run = Omit<PassTimings, 'worlds'> &
  WorldTimings & {
    readonly configuredVus: number;
    readonly cpuUs: number | null;
    readonly driverFailure: string | null;
    /** Arrivals of the whole run that k6 neither sent nor counted as dropped: it ended before it came to them. 0 where it failed. */
    readonly missing: number;
  };

export type K6Options = {
  readonly context: StackContext;
  readonly k6: string;
  readonly script: ScenarioScript;
  readonly settings: RunSettings;
  readonly requests: RequestPlan;
  /** Ends the run before its schedule does, which is no failure. */
  readonly enough?: AbortSignal;
  /** Gets the samples, too. */
  readonly onRow?: (row: SampleRow) => void;
};

/** k6 ends 105 by a signal and 99 when a threshold is crossed; the guards judge by the figures themselves. */
const thresholdsCrossed = 99;
/** Beyond its schedule, a run may take this long before it is taken for hung. */
const overtimeMs = 30_000;
const cpuPollMs = 200;
/**
 * How long the children of the started process are taken as known. Where it is a script that starts k6, k6 is
 * its child for as long as it lives, and looking for children takes a hundred times as long as reading their
 * CPU. The first reading always looks for them.
 */
const childrenKnownForMs = 2_000;
const samplesFile = 'samples.csv';
const scriptFile = 'script.js';

/** Runs k6 once against one world and tells what the last of its passes met; those before it are not measured. */
export async function runK6(options: K6Options): Promise<K6Run> {
  const { settings } = options;
  const timings = createTimings(settings);
  const { failure, cpuUs } = await driveK6({
    ...options,
    onRow: (row) => {
      timings.add(row);
      options.onRow?.(row);
    },
  }).ended;
  const passes = settings.passes.map((_, scheduled) => timings.finish(scheduled));
  const { worlds, ...measured } = passes.at(-1) as PassTimings;
  const planned = arrivalCount(settings);
  const seen = passes.reduce((sum, { started }) => sum + started, 0) + timings.droppedInRun();
  const missing = failure === null ? Math.max(0, planned - seen) : 0;
  const lost = missing > 0 ? `${missing} of ${planned} requests are missing in k6's samples` : null;
  return {
    ...measured,
    ...(worlds[0] as WorldTimings),
    dropped: timings.droppedInRun(),
    configuredVus: virtualUsers(settings, displacementWidthMs(settings.ratePerSecond)),
    cpuUs,
    driverFailure: failure ?? lost,
    missing,
  };
}

/** Where the rate may be more than the machine carries, k6 may not come to all arrivals before it ends: they were dropped, too. */
export function missingAsDropped(run: K6Run): K6Run {
  if (run.missing === 0) return run;
  return { ...run, dropped: run.dropped + run.missing, missing: 0, driverFailure: null };
}

/** How a k6 ended. `failure` is null when it did what it was asked for. */
export type K6End = { readonly failure: string | null; readonly cpuUs: number | null };

/** A k6 that was begun. */
export type K6Drive = {
  /** CPU time so far, microseconds; null before it has started, and where the platform does not tell. */
  readonly cpuUs: () => number | null;
  readonly ended: Promise<K6End>;
};

/** Begins a k6 against loopback that gives its samples on as they come, from a FIFO; nothing is stored. */
export function driveK6(options: K6Options): K6Drive {
  let child: SupervisedProcess | null = null;
  const ended = runToItsEnd(options, (started) => {
    child = started;
  });
  return { cpuUs: () => (child === null ? null : readTreeCpuUs(child.pid)), ended };
}

async function runToItsEnd(
  options: K6Options,
  onStarted: (child: SupervisedProcess) => void,
): Promise<K6End> {
  const { context, settings, script } = options;
  requireLoopback([...settings.worlds, ...(settings.replicasPastEdges ?? [])]);
  await using started = new AsyncDisposableStack();
  const folder = mkdtempSync(join(ownRun(context.paths).folder, 'k6-'));
  started.defer(() => rmSync(folder, { recursive: true, force: true }));
  // k6 gets the name of the file, which lies in its working folder: it would read a comma or "=" in a path as settings.
  const fifo = join(folder, samplesFile);
  // Without a file of ours, k6 reads the settings in the home of the user.
  const configFile = join(folder, 'k6.json');
  writeFileSync(configFile, '{}');
  const requests = options.requests(folder);
  writeFileSync(join(folder, scriptFile), requests.planFile === undefined ? script.drawing() : script.ofPlan);
  execFileSync('mkfifo', ['-m', '600', fifo]);
  const sockets = watchSockets();
  const attempts = createAttemptJoiner(settings, (row) => {
    sockets.add(row);
    options.onRow?.(row);
  });
  const reading = readFifo(fifo, attempts.add);
  started.defer(reading.close);
  const child = await startProcess(context, {
    name: 'k6',
    command: options.k6,
    args: [
      'run',
      '--config',
      configFile,
      '--quiet',
      '--summary-mode=disabled',
      // k6 keeps every sample in memory to judge thresholds. The guards judge what it writes instead.
      '--no-thresholds',
      '--log-format=raw',
      '--out',
      `csv=${samplesFile}`,
      scriptFile,
    ],
    env: k6Environment({ ...settings, ...requests, samplesFolder: script.samplesFolder }),
    cwd: folder,
    stopSignal: 'SIGTERM',
  });
  onStarted(child);
  const stop = AbortSignal.any([context.signal, reading.broken, sockets.denied]);
  const end = await watch(child, settings, { stop, enough: options.enough });
  await reading.finish();
  attempts.end();
  const failure = sockets.failure();
  return failure === null ? end : { ...end, failure };
}

/** k6 got no socket from the system: too many open files, or no port that is free. Nothing of that is the service's doing. */
const noSocket = 1213;
/** A moment of trouble may cost a few requests; a driver that has no more sockets is to be stopped. */
const deniedMax = 20;

/** Looks whether it is the driver that cannot send. */
function watchSockets() {
  const denied = new AbortController();
  let requests = 0;
  return {
    denied: denied.signal,
    add({ metric, errorCode }: SampleRow): void {
      if (metric !== 'http_req_duration' || errorCode !== noSocket) return;
      requests += 1;
      if (requests > deniedMax) denied.abort();
    },
    failure: (): string | null =>
      denied.signal.aborted
        ? `k6 got no socket for ${requests} requests: its open files or the ports of this machine are used up (k6's error ${noSocket}); raise "ulimit -n", or ask for a lower --rate`
        : null,
  };
}

function k6Environment(settings: RunSettings): Record<string, string> {
  return {
    DARKROOM_CONFIG: JSON.stringify(settings),
    K6_CSV_TIME_FORMAT: 'unix_micro',
    // k6 writes samples this often: the pause between two rounds, in which the last answers must arrive here, is half a second.
    K6_CSV_SAVE_INTERVAL: '50ms',
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    // Collected when there is twice as much garbage as memory in use, not as much: that spares a sixth of what virtual users take.
    GOGC: '200',
  };
}

/** Opened for reading and writing: then opening does not wait for k6, and k6's end does not end the stream. */
function readFifo(fifo: string, onRow: (row: SampleRow) => void) {
  const socket = new Socket({
    fd: openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const reader = createRowReader(onRow);
  const broken = new AbortController();
  socket.setEncoding('utf8');
  let isQuiet = false;
  socket.on('data', (chunk: string) => {
    isQuiet = false;
    // After a row that cannot be read the rest is still taken from the FIFO and thrown away: a full FIFO would make k6 wait.
    if (broken.signal.aborted) return;
    try {
      reader.push(chunk);
    } catch (error) {
      broken.abort(error);
    }
  });
  socket.on('error', () => {});
  return {
    /** Aborted when a row cannot be read. */
    broken: broken.signal,
    /** Reads on until nothing comes any more. k6 has ended, so what it wrote is in the pipe. Throws for a row that could not be read. */
    async finish(): Promise<void> {
      while (!isQuiet) {
        isQuiet = true;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      broken.signal.throwIfAborted();
      reader.end();
    },
    close: () => void socket.destroy(),
  };
}

/** Waits for k6, with a bound; ends it when the signal comes. Its CPU time is read while it lives. */
async function watch(
  child: SupervisedProcess,
  settings: RunSettings,
  { stop, enough }: { readonly stop: AbortSignal; readonly enough: AbortSignal | undefined },
): Promise<K6End> {
  let cpuUs: number | null = null;
  const poll = setInterval(() => {
    // After k6 has ended, and until its parent is told all that it used, a reading is lower than the one
    // before: the highest one counts.
    const readUs = readTreeCpuUs(child.pid, cpuUs === null ? 0 : childrenKnownForMs);
    if (readUs !== null) cpuUs = Math.max(cpuUs ?? 0, readUs);
  }, cpuPollMs);
  const limitMs = scheduleLimitMs(settings);
  let isHung = false;
  let stopping = Promise.resolve();
  const limit = setTimeout(() => {
    isHung = true;
    stopping = child.stop();
  }, limitMs);
  const abort = () => {
    stopping = child.stop();
  };
  const ends = enough === undefined ? [stop] : [stop, enough];
  if (ends.some(({ aborted }) => aborted)) abort();
  for (const end of ends) end.addEventListener('abort', abort, { once: true });
  const { code, signal } = await child.exited;
  await stopping;
  clearInterval(poll);
  clearTimeout(limit);
  for (const end of ends) end.removeEventListener('abort', abort);
  if (enough?.aborted === true && !stop.aborted) return { failure: null, cpuUs };
  if (isHung) return { failure: 'k6 did not end in time', cpuUs };
  if (code === 0 || code === thresholdsCrossed) return { failure: null, cpuUs };
  const how = code === null ? `was ended by ${signal}` : `ended with status ${code}`;
  return { failure: `k6 ${how}: ${child.lastLines(1)}`, cpuUs };
}

/** A closed loop takes as long as its answers do: it has a minute for every thousand requests. */
function scheduleLimitMs(settings: RunSettings): number {
  const arrivals = arrivalCount(settings);
  if (settings.closedLoopUsers !== undefined) return arrivals * 60 + overtimeMs;
  return (arrivals * 1000) / arrivalRate(settings) + overtimeMs;
}
