import { PerformanceObserver, constants, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { PerformanceNodeEntry } from 'node:perf_hooks';
import { collectDefaultMetrics } from 'prom-client';
import { runtimeMetrics } from '../contract/service-metrics.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCopiedCounter, registerGauge } from './registered.ts';

/** How often the timer comes whose lateness is the event loop's delay. */
const lagResolutionMs = 10;
/** A timer of prom-client's that never comes: its figures are replaced by ours. */
const neverMs = 2 ** 31 - 1;

/** What is told of every process: prom-client's metrics, but for those that it gets wrong. */
export function exposeRuntime(registry: MetricsRegistry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: neverMs });
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith('nodejs_eventloop_lag') || name === runtimeMetrics.gcDuration.name)
      registry.removeSingleMetric(name);
  exposeCollections(registry);
  const delays = monitorEventLoopDelay({ resolution: lagResolutionMs });
  delays.enable();
  exposeEventLoopLag(registry, lagResolutionMs, delays);
  exposeEventLoopUtilization(registry);
}

/** The one figure that is read of a process which tells nothing else. */
export function exposeCpuOnly(registry: MetricsRegistry): void {
  registerCopiedCounter(registry, runtimeMetrics.processCpu, () => {
    const { user, system } = process.cpuUsage();
    return [{ labels: {}, value: (user + system) / 1e6 }];
  });
}

const kinds: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** Collections are told in batches; prom-client 15 looks at the first one of each only. */
function exposeCollections(registry: MetricsRegistry): void {
  const collections = createLeanHistogram(registry, runtimeMetrics.gcDuration);
  const observer = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries() as PerformanceNodeEntry[]) {
      const { kind } = detail as { readonly kind: number };
      collections.observe([kinds.get(kind) ?? 'other'], duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** Delays in nanoseconds, as Node keeps them: from one coming of a timer to the next, with the period of the timer. */
type Delays = { percentile(percentile: number): number; reset(): void };

/** How much later than its period the timer came, since the last scrape. */
export function exposeEventLoopLag(registry: MetricsRegistry, resolutionMs: number, delays: Delays): void {
  const lagSeconds = (percentile: number): number =>
    Math.max(0, delays.percentile(percentile) / 1e6 - resolutionMs) / 1000;
  let p99 = 0;
  // A registry asks its metrics in their order: the first one reads for both.
  registerGauge(registry, runtimeMetrics.eventLoopLagP50, () => {
    const p50 = lagSeconds(50);
    p99 = lagSeconds(99);
    delays.reset();
    return [[{}, p50]];
  });
  registerGauge(registry, runtimeMetrics.eventLoopLagP99, () => [[{}, p99]]);
}

function exposeEventLoopUtilization(registry: MetricsRegistry): void {
  let last = performance.eventLoopUtilization();
  registerGauge(registry, runtimeMetrics.eventLoopUtilization, () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return [[{}, utilization]];
  });
}
