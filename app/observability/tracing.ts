import type { Span, Tracer } from '@opentelemetry/api';
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { Cache, TierNames } from '../cache/cache.ts';
import type { CacheObserver } from '../cache/cache-events.ts';
import type { StorageEvent } from '../storage/postgres.ts';
import type { SpanCounts } from './metrics.ts';

/** Makes a span of each request, and the parent of what is done for it. */
export type RequestSpans = {
  /** Registered before the routes. */
  readonly plugin: FastifyPluginCallback;
  /** Of a request that is recorded. */
  readonly traceIdOf: (request: FastifyRequest) => string | undefined;
};

/** Makes a span of work that is part of a request, where the request is recorded. */
export type InSpan = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export const withoutSpan: InSpan = (_, work) => work();

/** Makes a trace of its own of work that nobody has asked for. */
export type InOwnSpan = <T>(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  work: () => Promise<T>,
) => Promise<T>;

export const withoutOwnSpan: InOwnSpan = (_name, _attributes, work) => work();

/** Spans for what a cache decides, made from its events; no strategy knows of them. */
export type CacheSpans = {
  readonly observer: CacheObserver;
  readonly storage: (event: StorageEvent) => void;
  /** The same cache, whose reads and writes are spans of the requests that are recorded. */
  readonly around: (cache: Cache) => Cache;
  /** Runs work behind an answer as a trace of its own, which links to the request that asked for it. */
  readonly inOwnTrace: (name: string, work: () => Promise<void>) => Promise<void>;
  /** What a message to another replica carries; undefined where nothing is recorded. */
  readonly traceparent: () => string | undefined;
};

/** What makes spans, now or of what has just ended. */
export type SpanMaker = {
  readonly tracer: Tracer;
  /** The clock of all spans: milliseconds since 1970, with fractions. */
  readonly now: () => number;
};

/**
 * Spans of this process: how they are made, and how many have come how far. Whoever has one has all that makes spans: a process
 * without them does not even load the library.
 */
export type Tracing = {
  readonly requests: RequestSpans;
  readonly inSpan: InSpan;
  readonly inOwnSpan: InOwnSpan;
  readonly cacheSpans: (tiers: TierNames) => CacheSpans;
  /** The trace that is recorded here and now. */
  readonly currentTraceId: () => string | undefined;
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
