import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { operations } from '../contract/operations.ts';
import type { PlantedSlowdown } from '../contract/planted-slowdown.ts';

/**
 * A client waits longer than the process knows of: for the kernel, the socket and its own turn. Taken as 0.3 ms of the 0.9 ms
 * that it sees on loopback at the median, so that a slowdown by 10 % is about as much for the client.
 */
export const beyondProcessMs = 0.3;

/**
 * More time than that is waiting, not work: a request that waits for its turn must not burn the more for it, or a machine that
 * is busy for a second would never recover.
 */
export const workMsMax = 2;

const workloadRoutes: ReadonlySet<string> = new Set(
  Object.values(operations).map(({ method, route }) => `${method} ${route}`),
);

/**
 * Burns CPU on the event loop in every n-th request of the workload, before its answer is sent. The answer says so in
 * `Server-Timing`. The clock must run: one that can be stopped would never let go.
 */
export function slowRequestsDown(app: FastifyInstance, { every, by }: PlantedSlowdown, clock: Clock): void {
  const startedAtMs = new WeakMap<FastifyRequest, number>();
  let requests = 0;
  app.addHook('onRequest', (request, _, done) => {
    if (workloadRoutes.has(`${request.method} ${request.routeOptions.url}`)) {
      requests += 1;
      if (requests % every === 0) startedAtMs.set(request, clock.now());
    }
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const startMs = startedAtMs.get(request);
    if (startMs !== undefined) {
      const workMs = Math.min(workMsMax, clock.now() - startMs + beyondProcessMs);
      const burnedMs = burn(workMs * by, clock);
      reply.header('server-timing', `slowdown;dur=${burnedMs.toFixed(3)}`);
    }
    done(null, payload);
  });
}

/** Keeps the event loop busy for that long; returns for how long it did. */
function burn(ms: number, clock: Clock): number {
  const startMs = clock.now();
  let nowMs = startMs;
  while (nowMs - startMs < ms) nowMs = clock.now();
  return nowMs - startMs;
}
