import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../config.ts';
import { createLabServer } from '../lab/lab-server.ts';
import { createMetricsServer } from '../observability/metrics-server.ts';
import { createProcessParts } from './process-parts.ts';
import type { ProcessParts } from './process-parts.ts';
import { failToStart, tellParent } from './parent-messages.ts';

/** What is under way gets this long when a process is told to stop. */
const drainLimitMs = 10_000;

/** What a kind of process makes of its parts: itself, at work. */
export type ProcessAtWork = {
  /** The port at which it answers requests; null: it answers none. */
  readonly http: number | null;
  /** Before its metrics are told: what is counted elsewhere is fetched. */
  readonly beforeScrape?: () => Promise<void>;
  /** From here on it takes nothing new. */
  readonly drain?: () => void;
  /** Drops what its caches hold in this process. Absent: it has none. */
  readonly emptyCaches?: () => void | Promise<void>;
  /** Remembers the sessions of these tokens, as if they had been used. Absent: it knows none. */
  readonly rememberSessions?: (tokens: readonly string[]) => Promise<void>;
  /** Finishes what is under way and lets go of everything. */
  readonly close: () => Promise<void>;
};

/**
 * Runs this process as one of a kind: reads the settings, starts what every process has (traces, log, metrics, in lab mode the
 * clock of its world), lets `make` start what this kind is for, tells that it is ready, and drains when it is told to stop.
 */
export async function runProcess(
  kindName: string,
  make: (parts: ProcessParts) => ProcessAtWork | Promise<ProcessAtWork>,
): Promise<void> {
  try {
    await start(make);
  } catch (error) {
    await failToStart(kindName, error);
  }
}

async function start(make: Parameters<typeof runProcess>[1]): Promise<void> {
  const hadParent = process.connected;
  const config = readConfig();
  const parts = await createProcessParts(config);
  const work = await make(parts);
  const metricsServer = createMetricsServer(parts.registry, work.beforeScrape);
  const metrics = await listen(metricsServer, config.metricsPort, config.host);
  const labServer = config.isLab ? createLabServer(parts.clock, config.labToken, work) : null;
  const lab = labServer === null ? null : await listen(labServer, config.labPort, config.host);
  stopOnSignal(async () => {
    work.drain?.();
    metricsServer.close();
    labServer?.close();
    await work.close();
    await parts.tracing?.stop();
  }, hadParent);
  const ports = { http: work.http, metrics, lab };
  parts.logger.info(ports, 'listening');
  await tellParent({ type: 'listening', ...ports });
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * Runs `finish` on a signal, and when the process that started this one goes away; then ends. Twice at once is once.
 * `hadParent`: there was one that listened when this one began, and may have gone away since.
 */
function stopOnSignal(finish: () => Promise<void>, hadParent: boolean): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), drainLimitMs).unref();
    await finish();
    await tellParent({ type: 'drained' });
    process.exit(0);
  };
  const stopAndEnd = (): void => {
    stop().catch((error: unknown) => {
      process.stderr.write(`darkroom: it could not end in order: ${String(error)}\n`);
      process.exit(1);
    });
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, stopAndEnd);
  if (hadParent && !process.connected) stopAndEnd();
}
