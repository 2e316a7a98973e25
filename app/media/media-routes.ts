import { Type } from 'typebox';
import { DarkroomError } from '../errors.ts';
import { isHeldByClient } from '../http/preconditions.ts';
import type { App } from '../http/route-parts.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const noImage = () => new DarkroomError('NOT_FOUND', 'There is no such image.');

/** The bytes of an image never change under their name, so that a client may keep them for good. */
export function registerMediaRoutes(app: App, objectStore: ObjectStore): void {
  const params = Type.Object({ digest: Type.String({ pattern: '^[0-9a-f]{64}$' }) });
  app.get('/media/:digest', {
    schema: { params },
    config: { image: true, problems: ['NOT_FOUND'] },
    handler: async (request, reply) => {
      const { digest } = request.params;
      const etag = `"${digest}"`;
      const isHeld = isHeldByClient(request.headers['if-none-match'], etag);
      const bytes = isHeld ? null : await objectStore.get(digest);
      if (isHeld ? !(await objectStore.has(digest)) : bytes === null) throw noImage();
      reply.header('cache-control', 'public, max-age=31536000, immutable').header('etag', etag);
      return bytes === null ? reply.code(304).send() : reply.header('content-type', 'image/jpeg').send(bytes);
    },
  });
}
