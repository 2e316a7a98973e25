import { serviceMetrics } from '../contract/service-metrics.ts';
import { telemetryModes } from '../contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../contract/telemetry-modes.ts';
import { createMetricsRegistry } from './metrics-registry.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerGauge } from './registered.ts';
import { exposeCpuOnly, exposeRuntime } from './runtime-metrics.ts';

/** What a process says of itself in its metrics. */
export type ProcessIdentity = {
  readonly strategy: string;
  /** As it is written on the command line. */
  readonly candidate: string;
  readonly replica: string;
  readonly mode: TelemetryModeName;
};

/** A registry with what is told of every process, whatever its kind: how it was started, its CPU, and where metrics are on its runtime. */
export function createProcessRegistry({
  strategy,
  candidate,
  replica,
  mode,
}: ProcessIdentity): MetricsRegistry {
  const registry = createMetricsRegistry();
  const run = { candidate, cache_strategy: strategy, telemetry_mode: mode, replica };
  registerGauge(registry, serviceMetrics.runInfo, () => [[run, 1]]);
  if (telemetryModes[mode].metrics) exposeRuntime(registry);
  else exposeCpuOnly(registry);
  return registry;
}
