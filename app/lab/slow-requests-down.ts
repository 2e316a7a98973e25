import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { operations } from '../contract/operations.ts';
import type { PlantedSlowdown } from '../contract/planted-slowdown.ts';

/**
 * A client waits longer than the process knows of: for the kernel, the socket and its own turn. That takes as long for every
 * request, and longer on a slow machine, on which the process is slow too: so it is taken as this share of the level, the
 * geometric mean of the time in the process.
 */
export const beyondProcessShare = 0.75;

/**
 * More than so many times the level is waiting, not work: a request that waits for its turn must not burn the more for it, or
 * a machine that is busy for a second would never recover.
 */
export const workLevelsMax = 10;

/** Weight of one more request in the level, which follows the machine within some hundred requests. */
const levelWeight = 0.01;

const workloadRoutes: ReadonlySet<string> = new Set(
  Object.values(operations).map(({ method, route }) => `${method} ${route}`),
);

/**
 * Burns CPU on the event loop in every n-th request of the workload, before its answer is sent: a share of what its client
 * would have waited without it. The answer says so in `Server-Timing`. The clock must run: one that can be stopped would never
 * let go.
 */
export function slowRequestsDown(app: FastifyInstance, { every, by }: PlantedSlowdown, clock: Clock): void {
  const startedAtMs = new WeakMap<FastifyRequest, number>();
  const level = createLevel();
  let requests = 0;
  app.addHook('onRequest', (request, _, done) => {
    if (workloadRoutes.has(`${request.method} ${request.routeOptions.url}`))
      startedAtMs.set(request, clock.now());
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const startMs = startedAtMs.get(request);
    if (startMs !== undefined) {
      requests += 1;
      const tookMs = clock.now() - startMs;
      const levelMs = level(tookMs);
      if (requests % every === 0) {
        const workMs = Math.min(workLevelsMax * levelMs, tookMs + beyondProcessShare * levelMs);
        reply.header('server-timing', `slowdown;dur=${burn(workMs * by, clock).toFixed(3)}`);
      }
    }
    done(null, payload);
  });
}

/** The geometric mean of the latest times, with the one that it is told. */
function createLevel(): (tookMs: number) => number {
  let logMs: number | null = null;
  return (tookMs) => {
    const own = Math.log(Math.max(tookMs, Number.EPSILON));
    logMs = logMs === null ? own : logMs + levelWeight * (own - logMs);
    return Math.exp(logMs);
  };
}

/** Keeps the event loop busy for that long; returns for how long it did. */
function burn(ms: number, clock: Clock): number {
  const startMs = clock.now();
  let nowMs = startMs;
  while (nowMs - startMs < ms) nowMs = clock.now();
  return nowMs - startMs;
}
