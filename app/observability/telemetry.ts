import type { Cache } from '../cache/cache.ts';
import type { CacheObserver } from '../cache/cache-events.ts';
import type { StorageEvent } from '../storage/postgres.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics, MetricsOptions } from './metrics.ts';
import { withoutSpan } from './tracing.ts';
import type { CacheSpans, InSpan, Tracing } from './tracing.ts';

/** What the service is watched by: metrics, and spans where the mode makes them. */
export type Telemetry = {
  readonly metrics: Metrics;
  readonly cache: CacheObserver;
  readonly storage: (event: StorageEvent) => void;
  /** Null where nothing is traced. */
  readonly spans: (Tracing & CacheSpans) | null;
  /** Makes a span of a part of a request. */
  readonly inSpan: InSpan;
  /** The same cache, watched. */
  readonly around: (cache: Cache) => Cache;
};

export type TelemetryOptions = Omit<MetricsOptions, 'currentTraceId'> & { readonly tracing: Tracing | null };

const noSpans = { recorded: 0, exported: 0, dropped: 0 };
const silent: CacheObserver = { asked() {}, answered() {}, happened() {} };

export function createTelemetry({ tracing, ...options }: TelemetryOptions): Telemetry {
  if (tracing === null) {
    const metrics = createMetrics(options);
    metrics.watchSpans(() => noSpans);
    const { cache = silent, storage = () => {} } = metrics.observers ?? {};
    return { metrics, cache, storage, spans: null, inSpan: withoutSpan, around: (watched) => watched };
  }
  const metrics = createMetrics({ ...options, currentTraceId: tracing.currentTraceId });
  if (tracing.counts !== null) metrics.watchSpans(tracing.counts);
  const spans = { ...tracing, ...tracing.cacheSpans(options.tiers) };
  return {
    metrics,
    spans,
    cache: inTurn(metrics.observers?.cache ?? silent, spans.observer),
    storage: (event) => {
      metrics.observers?.storage(event);
      spans.storage(event);
    },
    inSpan: tracing.inSpan,
    around: spans.around,
  };
}

function inTurn(first: CacheObserver, second: CacheObserver): CacheObserver {
  return {
    asked(name, count) {
      first.asked(name, count);
      second.asked(name, count);
    },
    answered(name, outcome, count) {
      first.answered(name, outcome, count);
      second.answered(name, outcome, count);
    },
    happened(event) {
      first.happened(event);
      second.happened(event);
    },
  };
}
