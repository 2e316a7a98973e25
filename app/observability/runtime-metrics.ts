import { PerformanceObserver, constants, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { PerformanceNodeEntry } from 'node:perf_hooks';
import heapSize from 'prom-client/lib/metrics/heapSizeAndUsed.js';
import heapSpaces from 'prom-client/lib/metrics/heapSpacesSizeAndUsed.js';
import memory from 'prom-client/lib/metrics/osMemoryHeap.js';
import handles from 'prom-client/lib/metrics/processHandles.js';
import maxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import openFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import requests from 'prom-client/lib/metrics/processRequests.js';
import resources from 'prom-client/lib/metrics/processResources.js';
import startTime from 'prom-client/lib/metrics/processStartTime.js';
import version from 'prom-client/lib/metrics/version.js';
import { runtimeMetrics } from '../contract/service-metrics.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCopiedCounter, registerGauge } from './registered.ts';

/** How often the timer comes whose lateness is the event loop's delay. */
const lagResolutionMs = 10;
/** prom-client's own, but for the event loop's and the collections', which it gets wrong, and for CPU, for which it loads OpenTelemetry. */
const ofLibrary = [
  startTime,
  memory,
  openFileDescriptors,
  maxFileDescriptors,
  resources,
  handles,
  requests,
  heapSize,
  heapSpaces,
  version,
];

/** What is told of every process. */
export function exposeRuntime(registry: MetricsRegistry): void {
  for (const expose of ofLibrary) expose(registry);
  exposeCpu(registry);
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

/** From here on: what it took to load is not told. */
function exposeCpu(registry: MetricsRegistry): void {
  const begun = process.cpuUsage();
  const expose = (name: string, help: string, us: (use: NodeJS.CpuUsage) => number): void =>
    registerCopiedCounter(registry, { name, type: 'counter', help, labels: [] }, () => [
      { labels: {}, value: us(process.cpuUsage(begun)) / 1e6 },
    ]);
  expose('process_cpu_user_seconds_total', 'Total user CPU time spent in seconds.', ({ user }) => user);
  expose(
    'process_cpu_system_seconds_total',
    'Total system CPU time spent in seconds.',
    ({ system }) => system,
  );
  expose(
    runtimeMetrics.processCpu.name,
    'Total user and system CPU time spent in seconds.',
    ({ user, system }) => user + system,
  );
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
