import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { loadMetrics, traceStoreMetrics, witnessMetrics } from '../../app/contract/load-metrics.ts';
import type { Metric } from '../../app/contract/metric.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { createLoadMeter } from './load-meter.ts';
import type { LoadMeter } from './load-meter.ts';
import type { WitnessCheck } from './witness.ts';

/** What runs, for `load_run_info`. */
export type LoadFacts = {
  readonly scenario: string;
  readonly candidate: string;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
};

/** Spans by what became of them, and the traces that are held. */
export type TraceStoreFigures = {
  readonly spans: Readonly<Record<'kept' | 'dropped' | 'rejected', number>>;
  readonly traces: number;
};

/** What the command line exposes beside the service: the load as its clients see it, consistency, its store of traces. */
export type DriverMetrics = {
  readonly registry: Registry;
  /** Meters a load under these names. */
  readonly meterLoad: (facts: LoadFacts, wallNow: () => number) => LoadMeter;
  readonly observeCheck: (check: WitnessCheck) => void;
  readonly watchTraces: (figures: () => TraceStoreFigures) => void;
};

export function createDriverMetrics(): DriverMetrics {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  return {
    registry,
    meterLoad: (facts, wallNow) => meterLoad(registry, facts, wallNow),
    observeCheck: createCheckObserver(registry),
    watchTraces: (figures) => exposeTraceStore(registry, figures),
  };
}

const registered = (registry: Registry, { name, help, labels }: Metric) => ({
  name,
  help,
  labelNames: [...labels],
  registers: [registry],
});

function meterLoad(registry: Registry, facts: LoadFacts, wallNow: () => number): LoadMeter {
  const { scenario, candidate, seed, telemetry } = facts;
  const info = new Gauge(registered(registry, loadMetrics.loadInfo));
  info.set({ scenario, candidate, seed: String(seed), telemetry_mode: telemetry }, 1);
  const requests = new Counter(registered(registry, loadMetrics.loadRequests));
  for (const outcome of ['ok', 'failed']) requests.inc({ scenario, outcome }, 0);
  const dropped = new Counter(registered(registry, loadMetrics.loadDropped));
  dropped.inc({ scenario }, 0);
  const { buckets } = loadMetrics.loadResponseDuration;
  const responses = new Histogram({
    ...registered(registry, loadMetrics.loadResponseDuration),
    buckets: [...buckets],
  });
  const meter = createLoadMeter({
    wallNow,
    onEnded: ({ responseSeconds, isExpected }) => {
      requests.inc({ scenario, outcome: isExpected ? 'ok' : 'failed' });
      responses.observe({ scenario }, responseSeconds);
    },
    onDropped: (count) => dropped.inc({ scenario }, count),
  });
  new Counter({
    ...registered(registry, loadMetrics.loadOffered),
    collect() {
      this.reset();
      this.inc({ scenario }, meter.offered());
    },
  });
  return meter;
}

function createCheckObserver(registry: Registry): (check: WitnessCheck) => void {
  const checks = new Counter(registered(registry, witnessMetrics.consistencyChecks));
  const behind = new Histogram({
    ...registered(registry, witnessMetrics.versionsBehind),
    buckets: [...witnessMetrics.versionsBehind.buckets],
  });
  const lags = new Histogram({
    ...registered(registry, witnessMetrics.visibilityLag),
    buckets: [...witnessMetrics.visibilityLag.buckets],
  });
  return ({ reader, horizon, outcome, versionsBehind, visibleAfterSeconds }) => {
    checks.inc({ reader, horizon, outcome });
    if (versionsBehind > 0) behind.observe({ reader }, versionsBehind);
    if (visibleAfterSeconds !== null) lags.observe({ reader }, visibleAfterSeconds);
  };
}

function exposeTraceStore(registry: Registry, figures: () => TraceStoreFigures): void {
  new Counter({
    ...registered(registry, traceStoreMetrics.storedSpans),
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(figures().spans)) this.inc({ outcome }, count);
    },
  });
  new Gauge({
    ...registered(registry, traceStoreMetrics.storedTraces),
    collect() {
      this.set(figures().traces);
    },
  });
}

/** `/metrics` of the command line. */
export function createDriverServer({ registry }: DriverMetrics): Server {
  return createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
}
