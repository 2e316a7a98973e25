import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { DarkroomError } from '../errors.ts';
import type { FastifyRequest } from 'fastify';
import type { App } from './route-parts.ts';

/** Levels of arrays and objects within each other. No body that the service takes has more than three. */
const jsonLevelsMax = 16;

/** Ends with whether the body has any byte. What follows the first ones is not read. */
function isEmpty({ headers }: IncomingMessage, payload: NodeJS.ReadableStream): Promise<boolean> {
  const length = headers['content-length'] ?? (headers['transfer-encoding'] === undefined ? '0' : undefined);
  if (length !== undefined) return Promise.resolve(length === '0');
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  payload.once('data', () => resolve(false)).once('end', () => resolve(true));
  payload.once('error', reject);
  return promise;
}

/**
 * Reads JSON, and no body of any other type but where a route brings its own parser. An empty body is none, whatever its type
 * says: many clients name a type with every PUT and DELETE. A route that needs a body refuses one that is not there.
 */
export function registerBodyParsers(app: App): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    const bytes = body as Buffer;
    // Decoding would put U+FFFD in the place of what is no UTF-8, and that would be stored.
    if (!isUtf8(bytes))
      return done(new DarkroomError('INVALID_REQUEST', 'The body is not well-formed UTF-8.'));
    if (isDeeperThan(bytes, jsonLevelsMax))
      return done(new DarkroomError('JSON_TOO_DEEP', `JSON may have ${jsonLevelsMax} levels.`));
    return parseJson(request, bytes.toString(), done);
  });
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    if (await isEmpty(request.raw, payload)) return;
    const type = request.headers['content-type'] ?? 'without a Content-Type';
    throw new DarkroomError('UNSUPPORTED_MEDIA_TYPE', `This operation takes no body that is ${type}.`);
  });
}

const quote = 0x22;
const backslash = 0x5c;
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** Whether a JSON text has more levels: looked at byte by byte before it is parsed, so that no parser ever recurses deeper. */
export function isDeeperThan(json: Uint8Array, levelsMax: number): boolean {
  let levels = 0;
  let isInText = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] ?? 0;
    if (byte === quote) isInText = !isInText;
    else if (isInText) index += byte === backslash ? 1 : 0;
    else if (opening.has(byte)) levels += 1;
    else if (closing.has(byte)) levels -= 1;
    if (levels > levelsMax) return true;
  }
  return false;
}
