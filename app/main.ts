import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { buildApp } from './build-app.ts';
import type { BuiltApp } from './build-app.ts';
import { readConfig } from './config.ts';
import type { Config } from './config.ts';
import { DarkroomError } from './errors.ts';
import { createLabServer } from './lab/lab-server.ts';
import { createMetricsServer } from './observability/metrics-server.ts';

/** Requests under way get this long when the process is told to stop. */
const drainLimitMs = 10_000;

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Stops on a signal, and when the process that started this one goes away. Twice at once is once. */
function stopOnSignal(built: BuiltApp, servers: readonly Server[]): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), drainLimitMs).unref();
    built.drain();
    for (const server of servers) server.close();
    await built.close();
    process.exit(0);
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
    process.on(event, () => {
      stop().catch(() => process.exit(1));
    });
  }
}

async function start(config: Config): Promise<void> {
  const logger = pino({ level: config.logLevel, base: { replica: config.replica } }, pino.destination(2));
  const built = await buildApp(config, logger, { random: Math.random, uniqueId: () => crypto.randomUUID() });
  const metricsServer = createMetricsServer(built.metrics.registry);
  const labServer = config.isLab ? createLabServer(built.clock, config.labToken) : null;
  await built.app.listen({ host: config.host, port: config.port });
  const http = (built.app.server.address() as AddressInfo).port;
  const metrics = await listen(metricsServer, config.metricsPort, config.host);
  const lab = labServer === null ? null : await listen(labServer, config.labPort, config.host);
  stopOnSignal(built, labServer === null ? [metricsServer] : [metricsServer, labServer]);
  logger.info({ http, metrics, lab }, 'listening');
  process.send?.({ type: 'listening', http, metrics, lab });
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
