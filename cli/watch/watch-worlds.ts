import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createMetricsServer } from '../../app/observability/metrics-server.ts';
import { CommandError } from '../errors.ts';
import type { DriverMetrics } from '../driver/driver-metrics.ts';
import { startExporters } from '../stack/exporters.ts';
import { providePrometheus } from '../stack/prometheus-binary.ts';
import type { PrometheusBinaries } from '../stack/prometheus-binary.ts';
import type { ScrapeTarget } from '../stack/prometheus-config.ts';
import { startPrometheus } from '../stack/prometheus-server.ts';
import type { PrometheusServer } from '../stack/prometheus-server.ts';
import type { StackContext } from '../stack/stack-context.ts';
import type { World, WorldMaker } from '../worlds/world.ts';
import { closeServer, listenPreferably } from './loopback-server.ts';

/** A Prometheus that watches worlds, their stores and the command itself. */
export type Watch = {
  readonly prometheus: PrometheusServer;
  readonly stop: () => Promise<void>;
};

const prometheusPort = 9_090;

/** The alerts with windows of seconds: a run lasts minutes. */
const ruleFiles = ['recording-rules.yml', 'alerts-compressed.yml'];

/** Starts Prometheus and the exporters. Null, with a report, where there is no Prometheus to be had. */
export async function watchWorlds(
  maker: WorldMaker,
  worlds: readonly World[],
  driver: DriverMetrics,
): Promise<Watch | null> {
  const { context } = maker;
  const binaries = await providePrometheusIfPossible(context);
  if (binaries === null) return null;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopOne of stops.toReversed()) await stopOne();
  };
  try {
    const driverServer = createMetricsServer(driver.registry);
    const driverAddress = await listenPreferably(driverServer, 0);
    stops.push(() => closeServer(driverServer));
    const exporters = await startExporters(context, binaries, {
      postgres: [{ url: maker.postgres.adminUrl, instance: 'postgres' }],
      redis: worlds.flatMap(({ redis, label }, index) =>
        redis === null ? [] : [{ url: redis.url, instance: `redis-${index + 1}`, candidate: label }],
      ),
    });
    stops.push(exporters.stop);
    const folder = join(maker.checkout, 'dashboards', 'generated', 'prometheus');
    const rules = ruleFiles.map((name) => join(folder, name)).filter((file) => existsSync(file));
    const own: ScrapeTarget = { job: 'driver', instance: 'driver', address: hostOf(driverAddress) };
    const targets = [...worlds.flatMap(targetsOf), ...exporters.targets, own];
    const prometheus = await startPrometheus(context, { binaries, rules, targets, port: prometheusPort });
    stops.push(prometheus.stop);
    return { prometheus, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function providePrometheusIfPossible(context: StackContext): Promise<PrometheusBinaries | null> {
  try {
    return await providePrometheus(context);
  } catch (error) {
    if (!(error instanceof CommandError) || error.reason !== 'cannotProvision') throw error;
    context.report(`Nothing watches this run: ${error.message} ${error.remedy ?? ''}`);
    return null;
  }
}

const hostOf = (address: string): string => new URL(address).host;

/** Each replica by itself: their sum is Prometheus's to make. */
function targetsOf(world: World): ScrapeTarget[] {
  return world.replicas().map(({ name, metricsAddress }) => ({
    job: 'service',
    instance: name,
    address: hostOf(metricsAddress),
    candidate: world.label,
  }));
}
