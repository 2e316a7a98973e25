import { join } from 'node:path';
import { allocatorEnvironment } from '../../app/contract/allocator.ts';
import type { ProcessFailure, ProcessPorts } from '../../app/contract/process-messages.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { CommandError } from '../errors.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { SupervisedProcess } from '../stack/supervised-process.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { awaitStart, startError } from './await-start.ts';
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

/** An answer from loopback takes milliseconds; a frozen process must not stop the experiment. */
const answerLimitMs = 5_000;

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
  const labToken = crypto.randomUUID();
  const who = { kindName: 'service', name: settings.name };
  const child = await startProcess(context, {
    name: `service-${settings.name}`,
    command: process.execPath,
    args: [join(checkout, 'app', 'processes', 'service.ts')],
    env: environmentOf(settings, labToken),
    ipc: true,
  });
  try {
    const told = await awaitStart(child, who, context.signal);
    if (told.type === 'listening') return replicaOf(settings.name, child, told, labToken);
    const next = withoutTakenPort(settings, told);
    if (next === null) throw startError(child, who, told);
    await child.stop();
    return await startReplica(context, checkout, next);
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** The settings without the port on which somebody else listens; null when that is not what went wrong. */
function withoutTakenPort(settings: ReplicaSettings, { code, port }: ProcessFailure): ReplicaSettings | null {
  if (code !== 'EADDRINUSE' || port === undefined || port === 0) return null;
  if (port === settings.port) return { ...settings, port: 0 };
  return port === settings.metricsPort ? { ...settings, metricsPort: 0 } : null;
}

function replicaOf(
  name: string,
  child: SupervisedProcess,
  ports: ProcessPorts,
  labToken: string,
): Replica {
  const putClock = async (body: object) => {
    const response = await fetch(`http://127.0.0.1:${ports.lab}/lab/clock`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${labToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerLimitMs),
    });
    if (!response.ok)
      throw new CommandError('internal', `the clock of ${name} answered ${response.status}`);
  };
  const metricsAddress = `http://127.0.0.1:${ports.metrics}/metrics`;
  return {
    name,
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
