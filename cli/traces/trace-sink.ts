import { createHash } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DarkroomError } from '../../app/errors.ts';
import { http } from '../../app/node-http.ts';
import { isForLoopback } from '../stack/loopback-server.ts';
import { keptPath, listSummaries, matchPrefix, summariesMax } from './kept-route.ts';
import { jsonAnswer, pageAnswer, textAnswer } from './trace-answer.ts';
import type { Answer } from './trace-answer.ts';
import type { TraceQuery } from './select-traces.ts';
import type { TraceStore } from './trace-store.ts';
import { createUploads } from './trace-uploads.ts';
import { renderTraceListPage, renderTracePage, style } from './waterfall-page.ts';

/** An export is some hundred kilobytes, from loopback. */
const defaultUploadLimitMs = 10_000;
/** A replica has one or two; the rest are pages and people. */
const connectionsMax = 256;
const defaultLimit = 20;
const tracesPerPage = 50;

const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * Takes spans as OTLP over HTTP, in either encoding. Shows them to people as pages, and to our own commands as JSON (`keptPath`).
 * For loopback: it refuses requests that name another host, and allows no page of another origin to write or to read.
 */
export function createTraceSink(store: TraceStore, { uploadLimitMs = defaultUploadLimitMs } = {}): Server {
  const upload = createUploads(store);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (!isForLoopback(request)) return textAnswer(421, 'wrong host');
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) return textAnswer(404, 'not here');
    const { pathname, searchParams } = url;
    if (pathname === '/v1/traces')
      return request.method === 'POST' ? upload(request) : textAnswer(405, 'POST only');
    if (request.method !== 'GET') return textAnswer(405, 'GET only');
    return find(store, pathname, searchParams);
  };
  const server = http.createServer(
    {
      requestTimeout: uploadLimitMs,
      headersTimeout: uploadLimitMs,
      connectionsCheckingInterval: uploadLimitMs / 4,
    },
    (request, response) => {
      answer(request)
        .catch((error: unknown) =>
          error instanceof DarkroomError ? textAnswer(400, error.message) : textAnswer(500, 'failed'),
        )
        .then(
          (found) => send(response, found),
          () => response.destroy(),
        );
    },
  );
  server.maxConnections = connectionsMax;
  return server;
}

function send(response: ServerResponse, { status, type, body, retryAfterSeconds }: Answer): void {
  response
    .writeHead(status, {
      'content-type': type,
      'content-security-policy': pagePolicy,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    })
    .end(body);
}

function find(store: TraceStore, pathname: string, parameters: URLSearchParams): Answer {
  const [first, second] = pathname.split('/').slice(1).map(decodeURIComponentSafely);
  if (`/${first}` === keptPath)
    return jsonAnswer(
      second === undefined ? listSummaries(store, queryOf(parameters)) : matchPrefix(store, second),
    );
  if (first !== 'traces') return textAnswer(404, 'not here');
  if (second === undefined) {
    const query = { ...queryOf(parameters), limit: tracesPerPage };
    return pageAnswer(renderTraceListPage(`The ${query.order} traces`, store.query(query)));
  }
  const trace = store.find(second.toLowerCase());
  return trace === undefined
    ? textAnswer(404, 'This trace is not here, or not any more.')
    : pageAnswer(renderTracePage(trace));
}

function decodeURIComponentSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The query that a URL asks. What makes no sense in it is passed over. */
function queryOf(parameters: URLSearchParams): TraceQuery {
  const given = (name: string): string | undefined => parameters.get(name) || undefined;
  const limit = Number(given('limit') ?? defaultLimit);
  const [name, candidate] = [given('name'), given('candidate')];
  return {
    order: given('order') === 'slowest' ? 'slowest' : 'newest',
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, summariesMax) : defaultLimit,
    ...(name !== undefined && { name }),
    ...(candidate !== undefined && { candidate }),
  };
}
