import type { FastifyInstance, FastifyRequest } from 'fastify';
import { givenUpStatus } from '../contract/service-metrics.ts';
import type { MetricObservers } from '../observability/metrics.ts';

/** Requests for what has no route share one label, so that nobody can make new series by asking. */
const unmatchedRoute = '_unmatched';

/** Tells every request to the metrics, when it begins and when it ends, also by its client. Health checks are not requests. */
export function registerRequestMetrics(
  app: FastifyInstance,
  observe: Pick<MetricObservers, 'request' | 'requestStarted' | 'requestEnded'>,
  traceIdOf: (request: FastifyRequest) => string | undefined,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? unmatchedRoute;
    if (route.startsWith('/health/')) return done();
    const startedAtMs = performance.now();
    let isAnswered = false;
    observe.requestStarted();
    reply.raw.once('finish', () => {
      isAnswered = true;
    });
    // Comes once, right behind the end of the answer or when the client goes away; onResponse is for answers only.
    reply.raw.once('close', () => {
      observe.requestEnded();
      observe.request({
        method: request.method,
        route,
        status: isAnswered ? reply.statusCode : givenUpStatus,
        durationSeconds: (performance.now() - startedAtMs) / 1000,
        traceId: traceIdOf(request),
      });
    });
    done();
  });
}
