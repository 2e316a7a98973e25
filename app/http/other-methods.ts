import { METHODS } from 'node:http';
import type { FastifyReply } from 'fastify';
import { DarkroomError } from '../errors.ts';
import type { App } from './route-parts.ts';

/** Node has CONNECT as an event of its own, and closes the connection. */
const methods = METHODS.filter((method) => method !== 'CONNECT');

/** Says what a path allows, without a body (RFC 9110, 9.3.7). */
const sendOptions = (reply: FastifyReply, allow: string) => reply.header('allow', allow).code(204).send();

/**
 * Learns every route that is declared from now on. The function that comes back declares all other methods of their paths:
 * OPTIONS is answered, the rest is 405 with `Allow`. As routes, so that the router alone decides what a path matches.
 */
export function watchMethods(app: App): () => void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methodsOf.get(url) ?? [];
    methodsOf.set(url, new Set([...known, ...[method].flat()]));
  });
  return () => {
    for (const method of methods)
      if (!app.supportedMethods.includes(method) || method === 'QUERY')
        // Without a body: a request that is refused need not say what its body is.
        app.addHttpMethod(method, { overrideExisting: true });
    for (const [url, known] of [...methodsOf]) declareOthers(app, url, known);
    answerForAll(app, new Set([...methodsOf.values()].flatMap((known) => [...known])));
  };
}

function declareOthers(app: App, url: string, known: ReadonlySet<string>): void {
  const allow = [...known, 'OPTIONS'].join(', ');
  app.route({
    method: methods.filter((method) => !known.has(method)),
    url,
    schema: { hide: true },
    // Before the body is read.
    onRequest: async ({ method }, reply) => {
      if (method === 'OPTIONS') return sendOptions(reply, allow);
      reply.header('allow', allow);
      throw new DarkroomError('METHOD_NOT_ALLOWED', `${method} is not allowed here; allowed: ${allow}.`);
    },
    handler: () => undefined,
  });
}

/** `OPTIONS *` asks about the service as a whole. No router knows that path. */
function answerForAll(app: App, known: ReadonlySet<string>): void {
  const allow = [...known, 'OPTIONS']
    .filter((method, index, all) => all.indexOf(method) === index)
    .join(', ');
  app.setNotFoundHandler((request, reply) => {
    if (request.method === 'OPTIONS' && request.url === '*') return sendOptions(reply, allow);
    throw new DarkroomError('NOT_FOUND', 'There is no such route.');
  });
}
