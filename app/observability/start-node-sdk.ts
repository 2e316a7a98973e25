import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { ProxyTracerProvider, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { createWallClock } from '../clock.ts';
import { createRequestSpans } from './request-spans.ts';
import type { Tracing } from './tracing.ts';
import { createWorkSpans } from './work-spans.ts';

/** A process that is told to stop has ten seconds for everything; nobody may take the spans that are left. */
const stopLimitMs = 2_000;

/**
 * OpenTelemetry as its guide sets it up (https://opentelemetry.io/docs/languages/js/getting-started/nodejs/): the SDK for Node with
 * the whole bundle of instrumentations, imported before the service. Exporter, receiver, sampler and queue are as its OTEL_*
 * variables say, and its defaults; metrics and logs are the service's own. In place of its exporters `exporter` is for tests.
 */
export function startNodeSdk(resource: Readonly<Record<string, string>>, exporter?: SpanExporter): Tracing {
  register();
  const sdk = new NodeSDK({
    resource: resourceFromAttributes(resource),
    instrumentations: [getNodeAutoInstrumentations()],
    metricReaders: [],
    logRecordProcessors: [],
    ...(exporter !== undefined && { traceExporter: exporter }),
  });
  sdk.start();
  const provider = trace.getTracerProvider();
  return {
    ...createWorkSpans({ tracer: provider.getTracer('darkroom'), now: createWallClock().now }),
    requests: createRequestSpans(provider, () => true),
    // Its queue and its exporter tell nobody how many spans they have taken and lost.
    counts: null,
    async flush() {
      const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
      if (delegate instanceof TracerProvider) await delegate.forceFlush().catch(() => {});
    },
    async stop() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const limit = setTimeout(resolve, stopLimitMs);
      await Promise.race([sdk.shutdown().catch(() => {}), promise]);
      clearTimeout(limit);
    },
  };
}
