import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance, RouteOptions } from 'fastify';

const channel = 'fastify.initialization';

/** Runs `start`, and tells which routes the servers declare that are made meanwhile. */
export async function declaredRoutes<Started>(
  start: () => Started,
): Promise<{ readonly started: Awaited<Started>; readonly routes: readonly RouteOptions[] }> {
  const routes: RouteOptions[] = [];
  const watch = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance };
    fastify.addHook('onRoute', (route) => void routes.push(route));
  };
  subscribe(channel, watch);
  try {
    return { started: await start(), routes };
  } finally {
    unsubscribe(channel, watch);
  }
}
