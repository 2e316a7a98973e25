import type { App } from './route-parts.ts';

export type HealthParts = {
  readonly isDraining: () => boolean;
  readonly isStorageReady: () => Promise<boolean>;
  readonly areRightsKnown: () => boolean;
};

/** `live`: the process answers. `ready`: it may get requests: it is not draining, storage answers, and who may see what is known. */
export function registerHealthRoutes(
  app: App,
  { isDraining, isStorageReady, areRightsKnown }: HealthParts,
): void {
  app.get('/health/live', { schema: { hide: true } }, () => ({ status: 'live' }));
  app.get('/health/ready', { schema: { hide: true } }, async (_, reply) => {
    const unready = async (): Promise<string | null> => {
      if (isDraining()) return 'draining';
      if (!(await isStorageReady())) return 'storage does not answer';
      return areRightsKnown() ? null : 'who may see what is not known';
    };
    const reason = await unready();
    return reason === null ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason });
  });
}
