import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { BuiltApp } from './build-app.ts';
import { formatCandidate } from './candidates/format-candidate.ts';
import { readConfig } from './config.ts';
import { telemetryModes } from './contract/telemetry-modes.ts';
import type { Config } from './config.ts';
import { DarkroomError } from './errors.ts';
import { createLabServer } from './lab/lab-server.ts';
import { createMetricsServer } from './observability/metrics-server.ts';
import { currentTraceId } from './observability/telemetry.ts';
import type { Tracing } from './observability/tracing.ts';

/** Requests under way get this long when the process is told to stop. */
const drainLimitMs = 10_000;

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Stops on a signal, and when the process that started this one goes away. Twice at once is once. */
function stopOnSignal(built: BuiltApp, servers: readonly Server[], tracing: Tracing | null): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), drainLimitMs).unref();
    built.drain();
    for (const server of servers) server.close();
    await built.close();
    await tracing?.stop();
    process.exit(0);
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
    process.on(event, () => {
      stop().catch(() => process.exit(1));
    });
  }
}

/** Null in the modes without spans; these do not even load what makes them. */
async function traceFor(config: Config): Promise<Tracing | null> {
  if (telemetryModes[config.telemetry].traces === 'none') return null;
  const { startTracing } = await import('./observability/start-tracing.ts');
  return startTracing({
    mode: config.telemetry,
    otlpEndpoint: config.otlpEndpoint,
    replica: config.replica,
    candidate: formatCandidate(config.candidate),
    strategy: config.candidate.cache.strategy,
    isCallerBelieved: config.isLab,
    random: Math.random,
  });
}

async function start(config: Config): Promise<void> {
  const tracing = await traceFor(config);
  // What is traced inside libraries must be patched before they are imported.
  const { buildApp } = await import('./build-app.ts');
  const logger = createLogger(config, tracing);
  const entropy = { random: Math.random, uniqueId: () => crypto.randomUUID() };
  const built = await buildApp(config, logger, entropy, tracing);
  const metricsServer = createMetricsServer(built.metrics.registry);
  const labServer = config.isLab ? createLabServer(built.clock, config.labToken) : null;
  await built.app.listen({ host: config.host, port: config.port });
  const http = (built.app.server.address() as AddressInfo).port;
  const metrics = await listen(metricsServer, config.metricsPort, config.host);
  const lab = labServer === null ? null : await listen(labServer, config.labPort, config.host);
  stopOnSignal(built, labServer === null ? [metricsServer] : [metricsServer, labServer], tracing);
  logger.info({ http, metrics, lab }, 'listening');
  process.send?.({ type: 'listening', http, metrics, lab });
}

/** To stderr; a line says of which trace it is, where that is recorded. */
function createLogger(config: Config, tracing: Tracing | null): Logger {
  const mixin = () => {
    const traceId = currentTraceId();
    return traceId === undefined ? {} : { trace_id: traceId };
  };
  const options = { level: config.logLevel, base: { replica: config.replica } };
  return pino(tracing === null ? options : { ...options, mixin }, pino.destination(2));
}

/** The stable code of an error of ours, or of the system. */
function codeOf(error: unknown): string {
  if (error instanceof DarkroomError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'INTERNAL';
}

try {
  await start(readConfig());
} catch (error) {
  const code = codeOf(error);
  process.stderr.write(
    `darkroom service: ${code}: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(error instanceof DarkroomError ? 2 : 1);
}
