import type { FastifyReply, FastifyRequest } from 'fastify';
import { operations } from '../contract/operations.ts';
import { blobNameOf, renditionEdges, wholeEdge } from '../contract/renditions.ts';
import type { RenditionEdge, RenditionFormat } from '../contract/renditions.ts';
import { DarkroomError } from '../errors.ts';
import type { App } from '../http/route-parts.ts';
import type { RenditionService } from '../photos/rendition-service.ts';
import { acceptedFormatOf, byteRangeOf } from './requested-picture.ts';

const imageProblems = ['NOT_FOUND', 'RANGE_NOT_SATISFIABLE', 'OBJECT_STORE_UNAVAILABLE'] as const;

const noImage = () => new DarkroomError('NOT_FOUND', 'There is no such image.');

const Digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const Edge = {
  type: 'integer',
  enum: renditionEdges,
  description: 'the longest side in pixels; no image is enlarged',
} as const;

/** One image: whose picture, how large, encoded how. */
type Asked = { readonly digest: string; readonly edge: RenditionEdge; readonly format: RenditionFormat };

/** The bytes of an image never change under their name, so that a client may keep them for good. */
export function registerMediaRoutes(app: App, renditions: Pick<RenditionService, 'read' | 'has'>): void {
  const send = createSend(renditions);
  app.get('/media/:digest', {
    schema: { params: { type: 'object', required: ['digest'], properties: { digest: Digest } } },
    config: { image: ['image/jpeg'], problems: imageProblems },
    handler: (request, reply) =>
      send(request, reply, { digest: request.params.digest, edge: wholeEdge, format: 'jpeg' }),
  });
  app.route({
    method: operations.image.method,
    url: operations.image.route,
    schema: {
      params: {
        type: 'object',
        required: ['digest', 'rendition'],
        properties: { digest: Digest, rendition: Edge },
      },
    },
    config: { image: ['image/jpeg', 'image/webp'], problems: imageProblems },
    handler: (request, reply) => {
      const { digest, rendition: edge } = request.params;
      reply.header('vary', 'Accept');
      return send(request, reply, { digest, edge, format: acceptedFormatOf(request.headers.accept) });
    },
  });
}

function createSend({ read, has }: Pick<RenditionService, 'read' | 'has'>) {
  return async (request: FastifyRequest, reply: FastifyReply, { digest, edge, format }: Asked) => {
    const { headers } = request;
    const etag = `"${blobNameOf(digest, edge, format)}"`;
    const describeImage = () =>
      reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('etag', etag)
        .header('accept-ranges', 'bytes');
    if (isHeldByClient(headers['if-none-match'], etag)) {
      if (!(await has(digest))) throw noImage();
      return describeImage().code(304).send();
    }
    const bytes = await read(digest, edge, format);
    if (bytes === null) throw noImage();
    // A range is a matter of GET (RFC 9110, 14.2), and of the very image that the client has a part of.
    const isOfSame = headers['if-range'] === undefined || headers['if-range'] === etag;
    const range = request.method === 'GET' && isOfSame ? byteRangeOf(headers.range, bytes.length) : null;
    if (range === 'unsatisfiable') throw noSuchBytes(reply, bytes.length);
    describeImage().header('content-type', `image/${format}`);
    if (range === null) return reply.send(bytes);
    const { first, last } = range;
    reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes.length}`);
    return reply.send(bytes.subarray(first, last + 1));
  };
}

function noSuchBytes(reply: FastifyReply, length: number): DarkroomError {
  reply.header('content-range', `bytes */${length}`);
  return new DarkroomError('RANGE_NOT_SATISFIABLE', `The image has ${length} bytes.`);
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
