import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DarkroomError } from '../../app/errors.ts';
import { decodeRequest } from './otlp-messages.ts';
import { readSpans } from './read-spans.ts';
import type { Answer } from './trace-answer.ts';
import { jsonAnswer, textAnswer } from './trace-answer.ts';
import type { TraceStore } from './trace-store.ts';

/** An export of a full batch is some hundred kilobytes. */
const bodyBytesMax = 4 * 2 ** 20;
const inflatedBytesMax = 16 * 2 ** 20;
/**
 * Uploads at once: each is held in memory until all of it has come. A replica sends one per second, and tries again when it is
 * refused.
 */
const uploadsMax = 32;
const retryAfterSeconds = 1;

/** Takes exports of spans (OTLP over HTTP), so many at once. */
export function createUploads(store: TraceStore): (request: IncomingMessage) => Promise<Answer> {
  let uploads = 0;
  return async (request) => {
    const type = request.headers['content-type']?.split(';')[0]?.trim();
    if (type !== 'application/x-protobuf' && type !== 'application/json')
      return textAnswer(415, 'send application/x-protobuf or application/json');
    if (uploads >= uploadsMax) return { ...textAnswer(503, 'too many at once'), retryAfterSeconds };
    uploads += 1;
    const body = await readBody(request).finally(() => {
      uploads -= 1;
    });
    if (body === null) return textAnswer(413, `at most ${bodyBytesMax} bytes`);
    return take(store, body, type);
  };
}

function take(store: TraceStore, body: Buffer, type: 'application/x-protobuf' | 'application/json'): Answer {
  const isJson = type === 'application/json';
  const { spans, rejected } = readSpans(parse(body, isJson));
  store.add(spans, rejected);
  // An answer in JSON says how many spans were rejected. One in protobuf is always the empty message, which
  // has no bytes.
  const complaint = { partialSuccess: { rejectedSpans: String(rejected), errorMessage: 'not spans' } };
  if (isJson) return jsonAnswer(rejected > 0 ? complaint : {});
  return { status: 200, type, body: Buffer.alloc(0) };
}

/** Null: too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // If the request were destroyed, its answer could not be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) {
      request.resume();
      return null;
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.headers['content-encoding'] !== 'gzip') return body;
  return promisify(gunzip)(body, { maxOutputLength: inflatedBytesMax }).catch((error: unknown) => {
    throw new DarkroomError('INVALID_REQUEST', 'This is not gzip, or too much of it.', { cause: error });
  });
}

function parse(body: Buffer, isJson: boolean): unknown {
  try {
    return isJson ? JSON.parse(body.toString('utf8')) : decodeRequest(body);
  } catch (error) {
    throw new DarkroomError('INVALID_REQUEST', 'This is no export of traces (OTLP).', { cause: error });
  }
}
