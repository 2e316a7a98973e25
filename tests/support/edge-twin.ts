import fastify from 'fastify';
import { buffer } from 'node:stream/consumers';
import type { Twin } from '../leaks/leak-matrix.ts';
import { askEdge, startEdgeUnderTest, startOrigin } from './edge-under-test.ts';
import type { Answer, EdgeUnderTest } from './edge-under-test.ts';
import type { Method, TestApp } from './test-app.ts';

/** Headers that are about one connection, or about how the body was sent. */
const ofOneConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
]);

/** An edge in front of a service that has no socket, so that all that asks that one can ask through the edge. */
export type EdgeTwin = { readonly twin: Twin; readonly edge: EdgeUnderTest; close(): Promise<void> };

/** `forgets`: headers that the service is made not to say. */
export async function startEdgeTwin(
  varnishFolder: string,
  { forgets = [] }: { readonly forgets?: readonly string[] } = {},
): Promise<EdgeTwin> {
  let inner: TestApp['ask'] = () => Promise.reject(new RangeError('no service is known'));
  const origin = await startOrigin(async (request, response) => {
    const body = await buffer(request);
    const given = Object.entries(request.headers).flatMap(([name, value]) =>
      ofOneConnection.has(name) || typeof value !== 'string' ? [] : [[name, value] as const],
    );
    const answer = await inner((request.method ?? 'GET') as Method, request.url ?? '/', {
      headers: Object.fromEntries(given),
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.statusCode, withoutSome(answer.headers, forgets));
    response.end(answer.rawPayload);
  });
  const edge = await startEdgeUnderTest(varnishFolder, [origin.address]);
  const inForm = createInForm();
  const twin: Twin = (ask) => {
    inner = ask;
    return async (method, url, { viewer, headers = {}, body } = {}) => {
      const isJson = body !== undefined && typeof body === 'object';
      const answer = await askEdge(`${edge.address}${url}`, {
        method,
        headers: {
          ...(viewer !== undefined && { 'Darkroom-Viewer': String(viewer) }),
          ...(isJson && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: isJson ? JSON.stringify(body) : String(body) }),
      });
      return inForm(answer);
    };
  };
  return {
    twin,
    edge,
    async close() {
      await edge.close();
      await origin.close();
    },
  };
}

function withoutSome(
  headers: Readonly<Record<string, number | string | string[] | undefined>>,
  names: readonly string[],
): Record<string, number | string | string[]> {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || names.includes(name) || ofOneConnection.has(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}

/** An answer that came over a socket, in the form of one that did not. */
function createInForm() {
  const mirror = fastify();
  let answer: Answer | null = null;
  mirror.get('/', (_, reply) =>
    reply
      .code(answer?.status ?? 500)
      .headers(withoutSome(answer?.headers ?? {}, []))
      .send(answer?.body),
  );
  return (given: Answer) => {
    answer = given;
    return mirror.inject('/');
  };
}
