import { Type } from 'typebox';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** The bytes of an image never change under their name, so that a client may keep them for good. */
export function registerMediaRoutes(app: App, objectStore: ObjectStore): void {
  const params = Type.Object({ digest: Type.String({ pattern: '^[0-9a-f]{64}$' }) });
  app.get('/media/:digest', { schema: { params } }, async (request, reply) => {
    const bytes = await objectStore.get(request.params.digest);
    if (bytes === null) throw new DarkroomError('NOT_FOUND', 'There is no such image.');
    return reply
      .header('content-type', 'image/jpeg')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('etag', `"${request.params.digest}"`)
      .send(bytes);
  });
}
