import type { App } from './route-parts.ts';

export type HealthParts = {
  readonly isDraining: () => boolean;
  readonly isStorageReady: () => Promise<boolean>;
};

/** `live`: the process answers. `ready`: it may get requests: it is not draining and storage answers. */
export function registerHealthRoutes(app: App, { isDraining, isStorageReady }: HealthParts): void {
  app.get('/health/live', { schema: { hide: true } }, () => ({ status: 'live' }));
  app.get('/health/ready', { schema: { hide: true } }, async (_, reply) => {
    const reason = isDraining() ? 'draining' : (await isStorageReady()) ? null : 'storage does not answer';
    return reason === null ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason });
  });
}
