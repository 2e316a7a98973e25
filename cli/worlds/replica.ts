import { join } from 'node:path';
import { allocatorEnvironment } from '../../app/contract/allocator.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { CommandError } from '../errors.ts';
import { reasonOfEnd } from '../stack/reason-of-end.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { Exit, SupervisedProcess } from '../stack/supervised-process.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { parseServiceCounters } from './service-counters.ts';
import type { ServiceCounters } from './service-counters.ts';

/** One process of the service. */
export type Replica = {
  readonly name: string;
  /** Where requests go, without a trailing slash. */
  readonly address: string;
  readonly metricsAddress: string;
  readonly process: SupervisedProcess;
  readonly isAlive: () => boolean;
  /** Throws when the process does not answer in time. */
  readonly readCounters: () => Promise<ServiceCounters>;
  readonly stopClock: () => Promise<void>;
  readonly resumeClock: (behindMs: number) => Promise<void>;
};

export type ReplicaSettings = {
  readonly name: string;
  readonly candidate: string;
  readonly databaseUrl: string;
  readonly redis: { readonly url: string; readonly keyPrefix: string } | null;
  readonly mediaFolder: string;
  /** 0, or where somebody else listens: any free port. */
  readonly port: number;
  /** The same for its metrics; absent: any free port. */
  readonly metricsPort?: number;
  readonly telemetry: ReplicaTelemetry;
  /** Planted in its requests, for calibration: `every=1,by=10%`. */
  readonly slowdown?: string;
};

/** How much the service tells of itself, and who takes its spans; null: nobody does. */
export type ReplicaTelemetry = { readonly mode: TelemetryModeName; readonly otlpEndpoint: string | null };

/** A start takes about a second of CPU, and all replicas start at once: two minutes mean that it hangs. */
const startLimitMs = 120_000;
/** An answer from loopback takes milliseconds; a frozen process must not stop the experiment. */
const answerLimitMs = 5_000;

type Listening = { readonly http: number; readonly metrics: number; readonly lab: number };

/** The service's message over IPC once it listens, or null for any other message. */
function parseListening(message: unknown): Listening | null {
  if (typeof message !== 'object' || message === null) return null;
  const { type, http, metrics, lab } = message as Record<string, unknown>;
  if (type !== 'listening') return null;
  if (typeof http !== 'number' || typeof metrics !== 'number' || typeof lab !== 'number') return null;
  return { http, metrics, lab };
}

/** Resolves with the ports once the service listens; rejects when it dies or hangs before. */
function awaitListening(child: SupervisedProcess, name: string, signal: AbortSignal): Promise<Listening> {
  const { promise, resolve, reject } = Promise.withResolvers<Listening>();
  const fail = (what: string, exit: Exit | null = null) => {
    const reason = reasonOfEnd(child, exit);
    const needs = /(?:REDIS_NOT_DURABLE|CHANGE_STREAM_UNAVAILABLE): (.*)/.exec(reason)?.[1];
    if (needs !== undefined) {
      const remedy = 'Without REDIS_URL and DATABASE_URL servers are started that are set up so.';
      reject(new CommandError('cannotProvision', needs, { logFile: child.logFile, remedy }));
    }
    reject(
      new CommandError('serviceFailed', `the service ${name} ${what}: ${reason}`, {
        logFile: child.logFile,
      }),
    );
  };
  const limit = setTimeout(() => fail('did not start within two minutes'), startLimitMs);
  const abort = () => fail('was interrupted while it started');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  child.onMessage((message) => {
    const listening = parseListening(message);
    if (listening !== null) resolve(listening);
  });
  child.exited.then((exit) => fail('ended while it started', exit), reject);
  return promise.finally(() => {
    clearTimeout(limit);
    signal.removeEventListener('abort', abort);
  });
}

function environmentOf(settings: ReplicaSettings, labToken: string): Record<string, string> {
  return {
    ...allocatorEnvironment,
    DARKROOM_CANDIDATE: settings.candidate,
    DARKROOM_HOST: '127.0.0.1',
    DARKROOM_PORT: String(settings.port),
    DARKROOM_METRICS_PORT: String(settings.metricsPort ?? 0),
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_PORT: '0',
    DARKROOM_LAB_TOKEN: labToken,
    DARKROOM_REPLICA: settings.name,
    DARKROOM_MEDIA_DIR: settings.mediaFolder,
    DARKROOM_LOG_LEVEL: 'warn',
    DATABASE_URL: settings.databaseUrl,
    DARKROOM_TELEMETRY: settings.telemetry.mode,
    ...(settings.slowdown !== undefined && { DARKROOM_LAB_SLOWDOWN: settings.slowdown }),
    ...(settings.telemetry.otlpEndpoint === null
      ? {}
      : { OTEL_EXPORTER_OTLP_ENDPOINT: settings.telemetry.otlpEndpoint }),
    ...(settings.redis === null
      ? {}
      : { REDIS_URL: settings.redis.url, DARKROOM_REDIS_PREFIX: settings.redis.keyPrefix }),
  };
}

/** Starts one process of the service and waits until it listens. */
export async function startReplica(
  context: StackContext,
  checkout: string,
  settings: ReplicaSettings,
): Promise<Replica> {
  let wanted = settings;
  for (;;) {
    try {
      return await startOnPorts(context, checkout, wanted);
    } catch (error) {
      const next = withoutTakenPort(wanted, error);
      if (next === null) throw error;
      wanted = next;
    }
  }
}

/** The settings without the port on which somebody else listens; null when that is not what went wrong. */
function withoutTakenPort(settings: ReplicaSettings, error: unknown): ReplicaSettings | null {
  if (!(error instanceof CommandError)) return null;
  const taken = Number(/: EADDRINUSE: .*:(\d+)$/.exec(error.message)?.[1] ?? 0);
  if (taken === 0) return null;
  if (taken === settings.port) return { ...settings, port: 0 };
  return taken === settings.metricsPort ? { ...settings, metricsPort: 0 } : null;
}

async function startOnPorts(
  context: StackContext,
  checkout: string,
  settings: ReplicaSettings,
): Promise<Replica> {
  const labToken = crypto.randomUUID();
  const child = await startProcess(context, {
    name: `service-${settings.name}`,
    command: process.execPath,
    args: [join(checkout, 'app', 'main.ts')],
    env: environmentOf(settings, labToken),
    ipc: true,
  });
  const ports = await awaitListening(child, settings.name, context.signal).catch(async (error: unknown) => {
    await child.stop();
    throw error;
  });
  const putClock = async (body: object) => {
    const response = await fetch(`http://127.0.0.1:${ports.lab}/lab/clock`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${labToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    if (!response.ok)
      throw new CommandError('internal', `the clock of ${settings.name} answered ${response.status}`);
  };
  const metricsAddress = `http://127.0.0.1:${ports.metrics}/metrics`;
  return {
    name: settings.name,
    address: `http://127.0.0.1:${ports.http}`,
    metricsAddress,
    process: child,
    isAlive: child.isAlive,
    readCounters: async () => {
      const response = await fetch(metricsAddress, { signal: AbortSignal.timeout(answerLimitMs) });
      return parseServiceCounters(await response.text());
    },
    stopClock: () => putClock({ running: false }),
    resumeClock: (behindMs) => putClock({ running: true, behindMs }),
  };
}
