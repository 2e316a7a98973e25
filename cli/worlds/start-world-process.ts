import { join } from 'node:path';
import { allocatorEnvironment } from '../../app/contract/allocator.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';
import type { ProcessFailure } from '../../app/contract/process-messages.ts';
import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { ownRun } from '../stack/own-run.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { awaitStart, startError } from './await-start.ts';
import { createWorldProcess } from './world-process.ts';
import type { WorldProcess } from './world-process.ts';

export type WorldProcessSettings = {
  readonly kind: ProcessKind;
  /** Its own, unique among all that run. */
  readonly name: string;
  readonly candidate: string;
  readonly databaseUrl: string;
  readonly redis: { readonly url: string; readonly keyPrefix: string } | null;
  readonly mediaFolder: string;
  /** 0, or where somebody else listens: any free port. */
  readonly port: number;
  /** The same for its metrics; absent: any free port. */
  readonly metricsPort?: number;
  readonly telemetry: ProcessTelemetry;
  /** Where the Varnish that it runs was unpacked, empty for one that is installed; absent: it runs none. */
  readonly varnishFolder?: string;
  /** Planted in its requests, for calibration: `every=1,by=10%`. */
  readonly slowdown?: string;
  /** Absent: what is asked of it is not written down. */
  readonly recording?: ProcessRecording;
};

/** Where a process writes down what is asked of it, and how much at most. */
export type ProcessRecording = { readonly to: string; readonly bytesMax: number };

/** How much a process tells of itself, and who takes its spans; null: nobody does. */
export type ProcessTelemetry = { readonly mode: TelemetryModeName; readonly otlpEndpoint: string | null };

/** Starts one process of a world and waits until it is ready. */
export async function startWorldProcess(
  context: StackContext,
  checkout: string,
  settings: WorldProcessSettings,
): Promise<WorldProcess> {
  const { kind, name } = settings;
  const labToken = crypto.randomUUID();
  const child = await startProcess(context, {
    name: `${kind.name}-${name}`,
    command: process.execPath,
    args: [join(checkout, 'app', 'processes', kind.entry)],
    env: {
      ...environmentOf(settings, labToken),
      ...(settings.varnishFolder !== undefined && {
        DARKROOM_VARNISH_DIR: settings.varnishFolder,
        DARKROOM_EDGE_DIR: join(ownRun(context.paths).folder, name),
      }),
    },
    ipc: true,
  });
  try {
    const who = { kindName: kind.name, name };
    const told = await awaitStart(child, who, context.signal);
    if (told.type === 'listening') return createWorldProcess(kind, name, { child, ports: told, labToken });
    const next = withoutTakenPort(settings, told);
    if (next === null) throw startError(child, who, told);
    await child.stop();
    return await startWorldProcess(context, checkout, next);
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** The settings without the port on which somebody else listens; null when that is not what went wrong. */
function withoutTakenPort(
  settings: WorldProcessSettings,
  { code, port }: ProcessFailure,
): WorldProcessSettings | null {
  if (code !== 'EADDRINUSE' || port === undefined || port === 0) return null;
  if (port === settings.port) return { ...settings, port: 0 };
  return port === settings.metricsPort ? { ...settings, metricsPort: 0 } : null;
}

function environmentOf(settings: WorldProcessSettings, labToken: string): Record<string, string> {
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
    ...telemetryModes[settings.telemetry.mode].environment,
    ...(settings.slowdown !== undefined && { DARKROOM_LAB_SLOWDOWN: settings.slowdown }),
    ...(settings.recording !== undefined && {
      DARKROOM_RECORD_TO: settings.recording.to,
      DARKROOM_RECORD_BYTES: String(settings.recording.bytesMax),
    }),
    ...(settings.telemetry.otlpEndpoint === null
      ? {}
      : { OTEL_EXPORTER_OTLP_ENDPOINT: settings.telemetry.otlpEndpoint }),
    ...(settings.redis === null
      ? {}
      : { REDIS_URL: settings.redis.url, DARKROOM_REDIS_PREFIX: settings.redis.keyPrefix }),
  };
}
