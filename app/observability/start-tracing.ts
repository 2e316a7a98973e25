import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator, millisToHrTime } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { createWallClock } from '../clock.ts';
import { telemetryModes } from '../contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../contract/telemetry-modes.ts';
import { createRequestSpans } from './request-spans.ts';
import { createSpanCounter } from './span-counts.ts';
import { createTraceChoice } from './trace-choice.ts';
import type { TraceChoiceOptions } from './trace-choice.ts';
import { attributes } from './tracing.ts';
import type { Tracing } from './tracing.ts';
import { createWorkSpans } from './work-spans.ts';

export type TracingOptions = TraceChoiceOptions & {
  /** An OTLP/HTTP receiver, without the path. */
  readonly otlpEndpoint: string;
  readonly replica: string;
  readonly candidate: string;
  readonly strategy: string;
  /** In place of OTLP. */
  readonly exporter?: SpanExporter;
};

const queueSpansMax = 4_096;
const batchSpansMax = 512;
/** A trace can be looked at about as soon as its request is answered. */
const exportDelayMs = 1_000;
const exportLimitMs = 2_000;
const attributeLengthMax = 1_024;

/**
 * Makes spans and sends them, from here on and in the whole process. Libraries are patched where the mode says so, and only
 * those that are imported afterwards. Call it once; null: this mode makes no spans.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing | null> {
  const { mode } = options;
  if (telemetryModes[mode].traces === 'none') return null;
  if (telemetryModes[mode].libraries === 'everything') {
    const { startNodeSdk } = await import('./start-node-sdk.ts');
    return startNodeSdk(resourceOf(options), options.exporter);
  }
  const instrumentations = await patchLibraries(mode);
  const { now } = createWallClock();
  const counter = createSpanCounter(queueSpansMax);
  const exporter = counter.aroundExporter(options.exporter ?? createExporter(options.otlpEndpoint));
  const queue = new BatchSpanProcessor({
    exporter,
    maxQueueSize: queueSpansMax,
    maxExportBatchSize: batchSpansMax,
    scheduledDelayMillis: exportDelayMs,
    exportTimeoutMillis: exportLimitMs,
  });
  const provider = new TracerProvider({
    // Every span that is begun is kept: which requests are traced was decided before a span of theirs is begun.
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes(resourceOf(options)),
    spanLimits: { attributeValueLengthLimit: attributeLengthMax },
    spanProcessors: [createFineStarts(now), counter.aroundQueue(queue)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  registerInstrumentations({ instrumentations, tracerProvider: provider });
  return {
    ...createWorkSpans({ tracer: provider.getTracer('darkroom'), now }),
    requests: createRequestSpans(provider, createTraceChoice(options)),
    counts: counter.counts,
    flush: () => provider.forceFlush().catch(() => {}),
    async stop() {
      await provider.shutdown().catch(() => {});
    },
  };
}

/** What a process says of itself, whoever makes its spans. */
const resourceOf = ({ replica, candidate, strategy }: TracingOptions): Record<string, string> => ({
  'service.name': 'darkroom',
  'service.instance.id': replica,
  [attributes.candidate]: candidate,
  [attributes.cacheStrategy]: strategy,
});

function createExporter(endpoint: string): SpanExporter {
  return new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: exportLimitMs,
  });
}

/**
 * The instrumentations of a mode. They patch ES modules only through a hook of the loader, which must be there before the
 * module is; without it their spans are missing and nothing says so.
 */
async function patchLibraries(mode: TelemetryModeName): Promise<Instrumentation[]> {
  if (telemetryModes[mode].libraries === 'none') return [];
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  register({ include: ['ioredis', 'pg', 'pg-pool'] });
  const { IORedisInstrumentation } = await import('@opentelemetry/instrumentation-ioredis');
  const { PgInstrumentation } = await import('@opentelemetry/instrumentation-pg');
  // The arguments of a command are keys and values: neither belongs into a trace.
  return [
    new IORedisInstrumentation({ dbStatementSerializer: (command) => command }),
    new PgInstrumentation(),
  ];
}

const nanosPerMs = 1e6;

/**
 * Begins spans at fractions of a millisecond. OpenTelemetry rounds their start down to a whole one, and counts their end from
 * there: a read from memory is over sooner than that, and what was done for it would begin after its end. `now`: milliseconds
 * since 1970. A start that was given is left as it is; it has fractions.
 */
function createFineStarts(now: () => number): SpanProcessor {
  return {
    onStart(span) {
      const [, nanos] = span.startTime;
      if (nanos % nanosPerMs === 0) Object.assign(span, { startTime: millisToHrTime(now()) });
    },
    onEnd() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}
