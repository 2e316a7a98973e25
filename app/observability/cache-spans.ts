import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  context,
  createContextKey,
  propagation,
  trace,
} from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import type { ReadOutcome, TierNames } from '../cache/cache.ts';
import type { CacheEvent, CacheObserver } from '../cache/cache-events.ts';
import type { MaybePromise } from '../cache/entry.ts';
import { answerLabelsOf } from './cache-metrics.ts';
import { attributes } from './tracing.ts';
import type { CacheSpans, SpanMaker } from './tracing.ts';

/** What the reads inside one span were answered with. */
type Tally = { [outcome in ReadOutcome]?: number };
const tallyKey = createContextKey('darkroom.cache.tally');

/** Who has answered, from the nearest to the farthest: a read of many is said to be as far as its farthest key. */
const outcomesByDistance: readonly ReadOutcome[] = [
  'local-hit',
  'local-stale-hit',
  'shared-hit',
  'shared-stale-hit',
  'joined-load',
  'load',
  'bypass',
];

export function createCacheSpans(maker: SpanMaker, tiers: TierNames): CacheSpans {
  const { tracer } = maker;
  const describe = createDescribe(tiers);
  const traced = createTraced(tracer, describe);
  return {
    observer: createSpanObserver(maker),
    storage: ({ statement, durationMs, errorType }) => {
      // Below a span that has ended it would look as if somebody had waited for it.
      if (trace.getActiveSpan()?.isRecording() !== true) return;
      recordPast(maker, statement, SpanKind.CLIENT, durationMs, {
        [attributes.system]: 'postgresql',
        [attributes.operation]: statement,
        [attributes.querySummary]: statement,
        ...(errorType !== null && { [attributes.errorType]: errorType }),
      });
    },
    around: (cache) => ({
      ...cache,
      read: (entity, id) => traced('get', entity.name, 1, () => cache.read(entity, id)),
      readMany: (entity, ids) =>
        traced('get_many', entity.name, ids.length, () => cache.readMany(entity, ids)),
      bypass: async (entity, load) => traced('bypass', entity.name, 1, () => cache.bypass(entity, load)),
      write: (write) => {
        const names = [...new Set(write.expected.map(({ entity }) => entity.name))];
        return traced('write', names.join('+'), write.expected.length, () =>
          cache.write(write),
        ) as ReturnType<typeof cache.write<Awaited<ReturnType<typeof write.store>>['result']>>;
      },
    }),
    inOwnTrace: (name, work) => inOwnTrace(tracer, name, work),
    traceparent: currentTraceparent,
  };
}

function currentTraceparent(): string | undefined {
  if (trace.getActiveSpan()?.isRecording() !== true) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Runs `work` inside a span when the request is recorded, and says in it what the reads were answered with. */
function createTraced(tracer: Tracer, describe: (tally: Tally) => Attributes) {
  return <T>(
    operation: 'get' | 'get_many' | 'bypass' | 'write',
    name: string,
    keys: number,
    work: () => MaybePromise<T>,
  ): MaybePromise<T> => {
    if (trace.getActiveSpan()?.isRecording() !== true) return work();
    const span = tracer.startSpan(`cache.${operation} ${name}`, {
      attributes: {
        [attributes.cacheName]: name,
        [attributes.cacheOperation]: operation,
        [attributes.cacheKeys]: keys,
      },
    });
    const tally: Tally = {};
    const inside = trace.setSpan(context.active(), span).setValue(tallyKey, tally);
    const finish = (): void => {
      if (operation !== 'write') span.setAttributes(describe(tally));
      span.end();
    };
    return settle(span, finish, () => context.with(inside, work));
  };
}

function settle<T>(span: Span, finish: () => void, work: () => MaybePromise<T>): MaybePromise<T> {
  const fail = (error: unknown): never => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'failed' });
    finish();
    throw error;
  };
  try {
    const result = work();
    if (!(result instanceof Promise)) {
      finish();
      return result;
    }
    return result.then((value) => {
      finish();
      return value;
    }, fail);
  } catch (error) {
    return fail(error);
  }
}

/** The attributes of a finished read. */
function createDescribe(tiers: TierNames): (tally: Tally) => Attributes {
  const answerLabels = answerLabelsOf(tiers);
  return (tally) => {
    const count = (...outcomes: ReadOutcome[]): number =>
      outcomes.reduce((sum, outcome) => sum + (tally[outcome] ?? 0), 0);
    const farthest = outcomesByDistance.findLast((outcome) => (tally[outcome] ?? 0) > 0);
    const answer = farthest === undefined ? null : answerLabels[farthest];
    return {
      ...(answer !== null && {
        [attributes.cacheResult]: answer.cache_result,
        [attributes.cacheTier]: answer.cache_tier,
      }),
      [attributes.cacheHits]: count('local-hit', 'shared-hit'),
      [attributes.cacheStaleHits]: count('local-stale-hit', 'shared-stale-hit'),
      [attributes.cacheMisses]: count('load'),
      [attributes.cacheJoined]: count('joined-load'),
      [attributes.cacheBypasses]: count('bypass'),
    };
  };
}

function createSpanObserver(maker: SpanMaker): CacheObserver {
  return {
    asked() {},
    answered(_, outcome, count) {
      const tally = context.active().getValue(tallyKey) as Tally | undefined;
      if (tally !== undefined) tally[outcome] = (tally[outcome] ?? 0) + count;
    },
    happened(event) {
      if (event.type === 'invalidation' && event.traceparent !== undefined) recordInvalidation(maker, event);
      const span = trace.getActiveSpan();
      if (span?.isRecording() === true) tell(maker, span, event);
    },
  };
}

/** What an event says in the trace of the request that it happened for. */
function tell(maker: SpanMaker, span: Span, event: CacheEvent): void {
  switch (event.type) {
    case 'tier-operation':
      return recordPast(maker, event.operation.toUpperCase(), SpanKind.CLIENT, event.durationMs, {
        [attributes.system]: 'redis',
        [attributes.operation]: event.operation,
        [attributes.cacheName]: event.name,
        [attributes.cacheTier]: event.tier,
        [attributes.cacheResult]: event.result,
        ...((event.result === 'error' || event.result === 'refused') && {
          [attributes.errorType]: event.result,
        }),
      });
    case 'loaded':
      span.setAttributes({
        [attributes.cacheLoads]: event.keys,
        [attributes.cacheLoadMs]: Math.round(event.durationMs * 1000) / 1000,
      });
      return;
    case 'fill-rejected':
    case 'lease':
    case 'refresh':
      span.addEvent(`cache.${event.type}`, {
        [attributes.cacheName]: event.name,
        ...('outcome' in event && { outcome: event.outcome }),
        ...('tier' in event && { [attributes.cacheTier]: event.tier }),
      });
      return;
    default:
      return;
  }
}

/** A span that ends now and began that long ago, below what is being done. */
function recordPast(
  { tracer, now }: SpanMaker,
  name: string,
  kind: SpanKind,
  durationMs: number,
  given: Attributes,
  parent: Context = context.active(),
): void {
  if (trace.getSpan(parent) === undefined) return;
  const endTime = now();
  const span = tracer.startSpan(name, { kind, startTime: endTime - durationMs, attributes: given }, parent);
  if (attributes.errorType in given) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endTime);
}

/** A write's invalidation, in the trace of the write, as long as it was on its way. */
function recordInvalidation(maker: SpanMaker, event: Extract<CacheEvent, { type: 'invalidation' }>): void {
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: event.traceparent });
  const given = {
    [attributes.cacheName]: event.name,
    [attributes.cacheOperation]: 'invalidate',
    ...(event.lagMs !== undefined && { [attributes.cacheLag]: event.lagMs }),
  };
  recordPast(maker, `cache.invalidate ${event.name}`, SpanKind.CONSUMER, event.lagMs ?? 0, given, parent);
}

/** See CacheSpans. Work that no recorded request has asked for is not recorded either. The asker's own span may have ended. */
async function inOwnTrace(tracer: Tracer, name: string, work: () => Promise<void>): Promise<void> {
  const asker = trace.getActiveSpan();
  if (asker === undefined || (asker.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return work();
  const span = tracer.startSpan(name, { root: true, links: [{ context: asker.spanContext() }] });
  return settle(
    span,
    () => span.end(),
    () => context.with(trace.setSpan(context.active().deleteValue(tallyKey), span), work),
  ) as Promise<void>;
}
