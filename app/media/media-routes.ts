import { Type } from 'typebox';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const noImage = () => new DarkroomError('NOT_FOUND', 'There is no such image.');

/** The bytes of an image never change under their name, so that a client may keep them for good. */
export function registerMediaRoutes(app: App, objectStore: ObjectStore): void {
  const params = Type.Object({ digest: Type.String({ pattern: '^[0-9a-f]{64}$' }) });
  app.get('/media/:digest', {
    schema: { params },
    config: { image: true, problems: ['NOT_FOUND', 'OBJECT_STORE_UNAVAILABLE'] },
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

/** One entity tag and what separates it from the next (RFC 9110, 8.8.3 and 5.6.1). */
const entityTag = /[ \t,]*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)/y;

/**
 * Whether the client has what the answer would show: `If-None-Match` names its entity tag, by weak comparison, or is `*`
 * (RFC 9110, 13.1.2). A list that is malformed names nothing. `If-Modified-Since` is never asked: nothing here has a date
 * that could be compared, and beside `If-None-Match` it would not count.
 */
function isHeldByClient(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const list = ifNoneMatch.trim();
  if (list === '*') return true;
  const opaque = etag.replace(/^W\//, '');
  const named: (string | undefined)[] = [];
  entityTag.lastIndex = 0;
  while (entityTag.lastIndex < list.length) {
    const match = entityTag.exec(list);
    if (match === null) return false;
    named.push(match[1]);
  }
  return named.includes(opaque);
}
