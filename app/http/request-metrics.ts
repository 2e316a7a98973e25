import type { FastifyInstance } from 'fastify';
import type { RequestEvent } from '../observability/metrics.ts';

/** Requests for what has no route share one label, so that nobody can make new series by asking. */
const unmatchedRoute = '_unmatched';

/** Tells every finished request to the metrics. Health checks are not requests. */
export function registerRequestMetrics(app: FastifyInstance, observe: (event: RequestEvent) => void): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? unmatchedRoute;
    if (!route.startsWith('/health/')) {
      observe({
        method: request.method,
        route,
        status: reply.statusCode,
        durationSeconds: reply.elapsedTime / 1000,
      });
    }
    done();
  });
}
