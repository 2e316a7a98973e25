import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { MetricObservers } from '../observability/metrics.ts';

/** Requests for what has no route share one label, so that nobody can make new series by asking. */
const unmatchedRoute = '_unmatched';

/** Tells every request to the metrics, when it begins and when it is answered. Health checks are not requests. */
export function registerRequestMetrics(
  app: FastifyInstance,
  observe: Pick<MetricObservers, 'request' | 'requestStarted' | 'requestEnded'>,
  traceIdOf: (request: FastifyRequest) => string | undefined,
): void {
  const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? unmatchedRoute;
  const isCounted = (request: FastifyRequest): boolean => !routeOf(request).startsWith('/health/');
  app.addHook('onRequest', (request, reply, done) => {
    if (isCounted(request)) {
      observe.requestStarted();
      // Comes once, also for a client that goes away.
      reply.raw.once('close', observe.requestEnded);
    }
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (isCounted(request)) {
      observe.request({
        method: request.method,
        route: routeOf(request),
        status: reply.statusCode,
        durationSeconds: reply.elapsedTime / 1000,
        traceId: traceIdOf(request),
      });
    }
    done();
  });
}
