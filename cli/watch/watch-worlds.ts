import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createMetricsServer } from '../../app/observability/metrics-server.ts';
import { compressed } from '../../dashboards/rules/timing.ts';
import { CommandError } from '../errors.ts';
import type { DriverMetrics } from '../driver/driver-metrics.ts';
import { startExporters } from '../stack/exporters.ts';
import { providePrometheus } from '../stack/prometheus-binary.ts';
import type { ScrapeTarget } from '../stack/prometheus-config.ts';
import { startPrometheus } from '../stack/prometheus-server.ts';
import type { PrometheusServer } from '../stack/prometheus-server.ts';
import type { StackContext } from '../stack/stack-context.ts';
import type { SupervisedProcess } from '../stack/supervised-process.ts';
import type { World, Stack } from '../worlds/world.ts';
import { isReplica } from '../worlds/world-process.ts';
import { closeServer, listenPreferably } from '../stack/loopback-server.ts';

/** A Prometheus that watches worlds, their stores and the command itself. */
export type Watch = {
  readonly prometheus: PrometheusServer;
  readonly stop: () => Promise<void>;
};

const prometheusPort = 9_090;

/** Windows of seconds: a run lasts minutes, and what looks back over days would cost the service its CPU. */
const ruleFiles = [compressed.files.recordings, compressed.files.alerts];

/** Starts Prometheus and the exporters. Null, with a report, where there is no Prometheus to be had or it does not start. */
export async function watchWorlds(
  stack: Stack,
  worlds: readonly World[],
  driver: DriverMetrics,
): Promise<Watch | null> {
  try {
    return await startWatch(stack, worlds, driver);
  } catch (error) {
    if (!(error instanceof CommandError) || error.reason !== 'cannotProvision') throw error;
    const { message, remedy, logFile } = error;
    const more = logFile === undefined ? [] : [`More in ${logFile}`];
    stack.context.report(['Nothing watches this run:', message, remedy ?? [], more].flat().join(' '));
    return null;
  }
}

async function startWatch(stack: Stack, worlds: readonly World[], driver: DriverMetrics): Promise<Watch> {
  const { context } = stack;
  const binaries = await providePrometheus(context);
  // Stopped again when a step fails.
  await using started = new AsyncDisposableStack();
  const driverServer = createMetricsServer(driver.registry);
  const driverAddress = await listenPreferably(driverServer, 0);
  started.defer(() => closeServer(driverServer));
  const generated = join(stack.checkout, 'dashboards', 'generated');
  const questions = join(generated, 'postgres-exporter', 'queries.yml');
  const exporters = await startExporters(context, binaries, {
    postgresQuestions: existsSync(questions) ? questions : null,
    postgres: [{ url: stack.postgres.adminUrl, instance: 'postgres' }],
    redis: worlds.flatMap(({ redis, label }, index) =>
      redis === null ? [] : [{ url: redis.url, instance: `redis-${index + 1}`, candidate: label }],
    ),
  });
  started.defer(exporters.stop);
  const rules = ruleFiles
    .map((name) => join(generated, 'prometheus', name))
    .filter((file) => existsSync(file));
  const own: ScrapeTarget = { job: 'driver', instance: 'driver', address: hostOf(driverAddress) };
  const targets = [...worlds.flatMap(targetsOf), ...exporters.targets, own];
  const databases = worlds.map(({ database, label }) => ({ database, candidate: label }));
  const asked = { binaries, rules, targets, databases, port: prometheusPort };
  const prometheus = await startPrometheus(context, asked);
  started.defer(prometheus.stop);
  const stopping = new AbortController();
  started.defer(() => stopping.abort());
  const tell = (child: SupervisedProcess, consequence: string): void =>
    reportEnd(context, child, consequence, stopping.signal);
  tell(prometheus.process, 'nothing watches this run any more');
  for (const exporter of exporters.processes) tell(exporter, 'its store tells nothing of itself any more');
  const running = started.move();
  return { prometheus, stop: () => running.disposeAsync() };
}

/** Says so when a process ends before it is stopped. */
function reportEnd(
  { report }: StackContext,
  { name, exited, logFile }: SupervisedProcess,
  consequence: string,
  stopping: AbortSignal,
): void {
  const tell = () => {
    if (!stopping.aborted) report(`${name} ended by itself: ${consequence}. More in ${logFile}`);
  };
  exited.then(tell, tell);
}

const hostOf = (address: string): string => new URL(address).host;

/** Each process by itself: their sum is Prometheus's to make. Those beside the replicas are a job of their own. */
export function targetsOf(world: World): ScrapeTarget[] {
  return world.processes().flatMap((process): ScrapeTarget[] => {
    const { kind, name, metricsAddress } = process;
    if (!kind.isScraped || metricsAddress === null) return [];
    const target = { instance: name, address: hostOf(metricsAddress), candidate: world.label };
    return isReplica(process)
      ? [{ ...target, job: 'service' }]
      : [{ ...target, job: 'process', kind: kind.name }];
  });
}
