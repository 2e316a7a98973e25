import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DarkroomError } from '../../app/errors.ts';
import { isForLoopback } from '../watch/loopback-server.ts';
import { toJaeger } from './jaeger-form.ts';
import { decodeRequest } from './otlp-messages.ts';
import { readSpans } from './read-spans.ts';
import type { TraceQuery } from './select-traces.ts';
import type { TraceStore } from './trace-store.ts';
import { renderTraceListPage, renderTracePage, style } from './waterfall-page.ts';

/** An export of a full batch is some hundred kilobytes. */
const bodyBytesMax = 4 * 2 ** 20;
const inflatedBytesMax = 16 * 2 ** 20;
const tracesPerAnswerMax = 500;
const keptPerAnswerMax = 5_000;
const defaultLimit = 20;

const json = 'application/json; charset=utf-8';
const html = 'text/html; charset=utf-8';
const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

type Answer = { readonly status: number; readonly type: string; readonly body: string | Buffer };

const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body });
const data = (value: unknown): Answer => ({ status: 200, type: json, body: JSON.stringify(value) });

/**
 * Takes spans as OTLP over HTTP, in either encoding, and answers for them in the form of Jaeger's query service, and as pages.
 * For loopback: it refuses requests that name another host.
 */
export function createTraceSink(store: TraceStore): Server {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (!isForLoopback(request)) return text(421, 'wrong host');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/v1/traces')
      return request.method === 'POST' ? takeExport(request, store) : text(405, 'POST only');
    if (request.method !== 'GET') return text(405, 'GET only');
    return find(store, pathname, searchParams);
  };
  return createServer((request, response) => {
    answer(request)
      .catch((error: unknown) =>
        error instanceof DarkroomError ? text(400, error.message) : text(500, 'failed'),
      )
      .then(
        (found) => send(response, found),
        () => response.destroy(),
      );
  });
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response
    .writeHead(status, {
      'content-type': type,
      'content-security-policy': pagePolicy,
      'x-content-type-options': 'nosniff',
    })
    .end(body);
}

async function takeExport(request: IncomingMessage, store: TraceStore): Promise<Answer> {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (type !== 'application/x-protobuf' && type !== 'application/json')
    return text(415, 'send application/x-protobuf or application/json');
  const body = await readBody(request);
  if (body === null) return text(413, `at most ${bodyBytesMax} bytes`);
  const isJson = type === 'application/json';
  const { spans, rejected } = readSpans(parse(body, isJson));
  store.add(spans, rejected);
  // Nothing to complain of is an empty message, which is no bytes at all in protobuf.
  const complaint = { partialSuccess: { rejectedSpans: String(rejected), errorMessage: 'not spans' } };
  if (isJson) return data(rejected > 0 ? complaint : {});
  return { status: 200, type, body: Buffer.alloc(0) };
}

/** Null: too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
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

function find(store: TraceStore, pathname: string, parameters: URLSearchParams): Answer {
  const path = pathname.split('/').slice(1).map(decodeURIComponentSafely);
  const [first, second, third, fourth] = path;
  if (first === 'api' && second === 'services' && third === undefined)
    return data(inJaegersFrame(store.services()));
  if (first === 'api' && second === 'services' && fourth === 'operations')
    return data(inJaegersFrame(store.operations(third ?? '')));
  if (first === 'api' && second === 'traces') {
    if (third === undefined) return data(inJaegersFrame(store.query(queryOf(parameters)).map(toJaeger)));
    const trace = store.find(third.toLowerCase());
    return trace === undefined
      ? { ...data({ data: [], errors: [{ code: 404, msg: 'trace not found' }] }), status: 404 }
      : data(inJaegersFrame([toJaeger(trace)]));
  }
  // For our own commands.
  if (first === 'kept')
    return data(store.query({ order: 'newest', limit: keptPerAnswerMax }).map(({ spans }) => spans));
  if (first !== 'traces') return text(404, 'not here');
  if (second === undefined) {
    const query = queryOf(parameters);
    return page(renderTraceListPage(`The ${query.order} traces`, store.query({ ...query, limit: 50 })));
  }
  const trace = store.find(second.toLowerCase());
  return trace === undefined
    ? text(404, 'This trace is not here, or not any more.')
    : page(renderTracePage(trace));
}

const page = (body: string): Answer => ({ status: 200, type: html, body });

function inJaegersFrame(found: readonly unknown[]) {
  return { data: found, total: found.length, limit: 0, offset: 0, errors: null };
}

function decodeURIComponentSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Jaeger's parameters, and `order` and `candidate` of our own. What makes no sense is passed over. */
function queryOf(parameters: URLSearchParams): TraceQuery {
  const given = (name: string): string | undefined => parameters.get(name) || undefined;
  const limit = Number(given('limit') ?? defaultLimit);
  const minDuration = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(given('minDuration') ?? '');
  const unitMs = { us: 0.001, ms: 1, s: 1_000 }[minDuration?.[2] ?? ''];
  const [service, name, candidate] = [given('service'), given('operation'), given('candidate')];
  return {
    order: given('order') === 'slowest' ? 'slowest' : 'newest',
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, tracesPerAnswerMax) : defaultLimit,
    ...(service !== undefined && { service }),
    ...(name !== undefined && { name }),
    ...(candidate !== undefined && { candidate }),
    ...(unitMs !== undefined && { minDurationMs: Number(minDuration?.[1]) * unitMs }),
    ...(parameters.get('tags')?.includes('"error"') === true && { isError: true }),
  };
}
