import type { Span, Tracer } from '@opentelemetry/api';
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { SpanCounts } from './metrics.ts';

/** Makes a span of each request, and the parent of what is done for it. */
export type RequestSpans = {
  /** Registered before the routes. */
  readonly plugin: FastifyPluginCallback;
  /** Of a request that is recorded. */
  readonly traceIdOf: (request: FastifyRequest) => string | undefined;
};

/** Spans of this process: how they are made, and how many have come how far. */
export type Tracing = {
  readonly tracer: Tracer;
  /** The clock of all spans: milliseconds since 1970, with fractions. */
  readonly now: () => number;
  readonly requests: RequestSpans;
  /** Null: nobody counts them. */
  readonly counts: (() => SpanCounts) | null;
  /** Sends what is finished, within a bounded time. */
  readonly flush: () => Promise<void>;
  /** The same, for the last time. */
  readonly stop: () => Promise<void>;
};

/** Names of attributes. HTTP's and the stores' are OpenTelemetry's; for caches it has none yet. */
export const attributes = {
  candidate: 'darkroom.candidate',
  cacheName: 'cache.name',
  cacheOperation: 'cache.operation',
  cacheResult: 'cache.result',
  cacheTier: 'cache.tier',
  cacheStrategy: 'cache.strategy',
  cacheKeys: 'cache.keys',
  cacheHits: 'cache.hits',
  cacheStaleHits: 'cache.stale_hits',
  cacheMisses: 'cache.misses',
  cacheJoined: 'cache.joined',
  cacheBypasses: 'cache.bypasses',
  cacheLoads: 'cache.loads',
  cacheLoadMs: 'cache.load_ms',
  cacheLag: 'cache.invalidation_lag_ms',
  system: 'db.system.name',
  operation: 'db.operation.name',
  querySummary: 'db.query.summary',
  errorType: 'error.type',
} as const;

/** The trace of a span that is recorded; undefined for any other. */
export function sampledTraceId(span: Span | undefined): string | undefined {
  return span?.isRecording() === true ? span.spanContext().traceId : undefined;
}
