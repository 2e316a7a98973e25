import { FastifyOtelInstrumentation } from '@fastify/otel';
import type { TracerProvider } from '@opentelemetry/api';
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { ChooseTraced } from './trace-choice.ts';
import { sampledTraceId } from './tracing.ts';
import type { RequestSpans } from './tracing.ts';

/**
 * The instrumentation asks at the start of each request whether it is enabled. Here that says whether the request was chosen to
 * be traced.
 */
class ChosenRequests extends FastifyOtelInstrumentation {
  isChosen = true;

  override isEnabled(): boolean {
    return this.isChosen && super.isEnabled();
  }
}

/** One span per chosen request, named by its route, without spans of hooks and handlers; none of health checks. */
export function createRequestSpans(provider: TracerProvider, choose: ChooseTraced): RequestSpans {
  const traceIds = new WeakMap<FastifyRequest, string>();
  const instrumentation = new ChosenRequests({
    instrumentHooks: false,
    instrumentHandler: false,
    requestHook: (span, request) => {
      const traceId = sampledTraceId(span);
      if (traceId === undefined) return;
      span.updateName(`${request.method} ${request.routeOptions.url ?? '_unmatched'}`);
      traceIds.set(request, traceId);
    },
  });
  instrumentation.setTracerProvider(provider);
  const register: FastifyPluginCallback = (app, _, done) => {
    // Hooks of one request that call back at once run one after the other: nobody else's choice comes between.
    app.addHook('onRequest', ({ headers, url }, _reply, next) => {
      instrumentation.isChosen = !url.startsWith('/health/') && choose(headers['traceparent']);
      next();
    });
    (instrumentation.plugin() as FastifyPluginCallback)(app, {}, done);
  };
  return {
    // For all routes, not only for those of a plugin.
    plugin: Object.assign(register, { [Symbol.for('skip-override')]: true }),
    traceIdOf: (request) => traceIds.get(request),
  };
}
