import { Counter, Gauge, Histogram } from 'prom-client';
import {
  experimentMetrics,
  loadMetrics,
  traceStoreMetrics,
  witnessMetrics,
} from '../../app/contract/load-metrics.ts';
import type { Metric } from '../../app/contract/metric.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { createMetricsRegistry } from '../../app/observability/metrics-registry.ts';
import type { MetricsRegistry } from '../../app/observability/metrics-registry.ts';
import { createLoadMeter } from './load-meter.ts';
import type { LoadMeter } from './load-meter.ts';
import { horizons } from './witness.ts';
import type { WitnessCheck } from './witness.ts';

/** What runs, for `load_run_info`. */
export type LoadFacts = {
  readonly scenario: string;
  readonly candidates: readonly string[];
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
  readonly registry: MetricsRegistry;
  /** Meters a load under these names; several may run at once. */
  readonly meterLoad: (facts: LoadFacts, wallNow: () => number) => LoadMeter;
  readonly observeCheck: (candidate: string, check: WitnessCheck) => void;
  /** Blocks of an experiment that run now; together there is one of each candidate. */
  readonly showBlocks: (blocks: readonly RunningBlock[]) => void;
  /** What the last block of a candidate came to, by the names of figures. Null: it does not have that one. */
  readonly showFigures: (candidate: string, values: Readonly<Record<string, number | null>>) => void;
  readonly watchTraces: (figures: () => TraceStoreFigures) => void;
};

/** A block of an experiment that runs now: the candidate's place in the round is its slot, 0 where all run at once. */
export type RunningBlock = { readonly candidate: string; readonly round: number; readonly slot: number };

export function createDriverMetrics(): DriverMetrics {
  const registry = createMetricsRegistry();
  const block = new Gauge(registered(registry, experimentMetrics.experimentBlock));
  const figure = new Gauge(registered(registry, experimentMetrics.experimentFigure));
  return {
    registry,
    meterLoad: createLoadMetering(registry),
    observeCheck: createCheckObserver(registry),
    showBlocks(running) {
      block.reset();
      for (const { candidate, round, slot } of running)
        block.set({ candidate, round: String(round), slot: String(slot) }, 1);
    },
    showFigures(candidate, values) {
      for (const [name, value] of Object.entries(values))
        if (value === null) figure.remove({ candidate, figure: name });
        else figure.set({ candidate, figure: name }, value);
    },
    watchTraces: (figures) => exposeTraceStore(registry, figures),
  };
}

const registered = (registry: MetricsRegistry, { name, help, labels }: Metric) => ({
  name,
  help,
  labelNames: [...labels],
  registers: [registry],
});

function createLoadMetering(registry: MetricsRegistry): DriverMetrics['meterLoad'] {
  const info = new Gauge(registered(registry, loadMetrics.loadInfo));
  const requests = new Counter(registered(registry, loadMetrics.loadRequests));
  const dropped = new Counter(registered(registry, loadMetrics.loadDropped));
  const { buckets } = loadMetrics.loadResponseDuration;
  const responses = new Histogram({
    ...registered(registry, loadMetrics.loadResponseDuration),
    buckets: [...buckets],
  });
  const offered: (() => void)[] = [];
  const offers = new Counter({
    ...registered(registry, loadMetrics.loadOffered),
    collect() {
      this.reset();
      for (const tell of offered) tell();
    },
  });
  return ({ scenario, candidates, seed, telemetry }, wallNow) => {
    for (const candidate of candidates) {
      info.set({ scenario, candidate, seed: String(seed), telemetry_mode: telemetry }, 1);
      for (const outcome of ['ok', 'failed']) requests.inc({ scenario, candidate, outcome }, 0);
      dropped.inc({ scenario, candidate }, 0);
    }
    const meter = createLoadMeter({
      candidates,
      wallNow,
      onEnded: ({ candidate, responseSeconds, isExpected }) => {
        requests.inc({ scenario, candidate, outcome: isExpected ? 'ok' : 'failed' });
        responses.observe({ scenario, candidate }, responseSeconds);
      },
      onDropped: (candidate, count) => dropped.inc({ scenario, candidate }, count),
    });
    offered.push(() => {
      for (const candidate of candidates) offers.inc({ scenario, candidate }, meter.offered(candidate));
    });
    return meter;
  };
}

const checkOutcomes = [
  'consistent',
  'stale',
  'missing',
  'failed',
] as const satisfies readonly WitnessCheck['outcome'][];

function createCheckObserver(registry: MetricsRegistry): DriverMetrics['observeCheck'] {
  const checks = new Counter(registered(registry, witnessMetrics.consistencyChecks));
  const behind = new Histogram({
    ...registered(registry, witnessMetrics.versionsBehind),
    buckets: [...witnessMetrics.versionsBehind.buckets],
  });
  const lags = new Histogram({
    ...registered(registry, witnessMetrics.visibilityLag),
    buckets: [...witnessMetrics.visibilityLag.buckets],
  });
  const known = new Set<string>();
  /** A rate does not see the value with which a series is born, and a stale read may be the first of its kind. */
  const begin = (candidate: string, reader: WitnessCheck['reader']): void => {
    known.add(`${candidate} ${reader}`);
    for (const horizon of Object.keys(horizons))
      for (const outcome of checkOutcomes) checks.inc({ candidate, reader, horizon, outcome }, 0);
    behind.zero({ candidate, reader });
  };
  return (candidate, { reader, horizon, outcome, versionsBehind, visibleAfterSeconds }) => {
    if (!known.has(`${candidate} ${reader}`)) begin(candidate, reader);
    checks.inc({ candidate, reader, horizon, outcome });
    if (versionsBehind > 0) behind.observe({ candidate, reader }, versionsBehind);
    if (visibleAfterSeconds !== null) lags.observe({ candidate, reader }, visibleAfterSeconds);
  };
}

function exposeTraceStore(registry: MetricsRegistry, figures: () => TraceStoreFigures): void {
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
