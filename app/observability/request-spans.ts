import { FastifyOtelInstrumentation } from '@fastify/otel';
import type { TracerProvider } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { sampledTraceId } from './tracing.ts';
import type { RequestSpans } from './tracing.ts';

/** One span per request, named by its route, without spans of hooks and handlers; none of health checks. */
export function createRequestSpans(provider: TracerProvider): RequestSpans {
  const traceIds = new WeakMap<FastifyRequest, string>();
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    ignorePaths: ({ url }) => url.startsWith('/health/'),
    requestHook: (span, request) => {
      const traceId = sampledTraceId(span);
      if (traceId === undefined) return;
      span.updateName(`${request.method} ${request.routeOptions.url ?? '_unmatched'}`);
      traceIds.set(request, traceId);
    },
  });
  instrumentation.setTracerProvider(provider);
  return {
    plugin: instrumentation.plugin() as RequestSpans['plugin'],
    traceIdOf: (request) => traceIds.get(request),
  };
}
