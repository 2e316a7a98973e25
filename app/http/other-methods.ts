import type { FastifyReply } from 'fastify';
import createRouter from 'find-my-way';
import { DarkroomError } from '../errors.ts';
import type { App } from './route-parts.ts';

/** The methods that are declared for every path. Each is a tree of all paths in the router. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

type MethodsOfPaths = ReadonlyMap<string, ReadonlySet<string>>;

/** Says what a path allows, without a body (RFC 9110, 9.3.7). */
const sendOptions = (reply: FastifyReply, allow: string) => reply.header('allow', allow).code(204).send();

const allowOf = (known: ReadonlySet<string>): string => [...known, 'OPTIONS'].join(', ');

/**
 * Learns every route that is declared from now on. The function that comes back declares the other usual methods of their paths:
 * OPTIONS is answered, the rest is 405 with `Allow`. As routes, so that the router alone decides what a path matches. The some
 * thirty methods more that Node knows come to what answers where there is no route: to declare them as well took a twelfth of what a
 * process takes to start.
 */
export function watchMethods(app: App): () => void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methodsOf.get(url) ?? [];
    methodsOf.set(url, new Set([...known, ...[method].flat()]));
  });
  return () => {
    const known: MethodsOfPaths = new Map(methodsOf);
    // Without a body, as all that are not declared: a request that is refused need not say what its body is.
    app.addHttpMethod('QUERY', { overrideExisting: true });
    for (const [url, ofUrl] of known) declareOthers(app, url, ofUrl);
    answerTheRest(app, known);
  };
}

function declareOthers(app: App, url: string, known: ReadonlySet<string>): void {
  const allow = allowOf(known);
  app.route({
    method: methods.filter((method) => !known.has(method)),
    url,
    schema: { hide: true },
    // Before the body is read.
    onRequest: async ({ method }, reply) => {
      if (method === 'OPTIONS') return sendOptions(reply, allow);
      refuse(method, reply, allow);
    },
    handler: () => undefined,
  });
}

function refuse(method: string, reply: FastifyReply, allow: string): never {
  reply.header('allow', allow);
  throw new DarkroomError('METHOD_NOT_ALLOWED', `${method} is not allowed here; allowed: ${allow}.`);
}

/** What comes to no route. `OPTIONS *` asks about the service as a whole: no router knows that path. */
function answerTheRest(app: App, methodsOf: MethodsOfPaths): void {
  const allow = allowOf(new Set([...methodsOf.values()].flatMap((known) => [...known])));
  let allowAt: ReturnType<typeof createAllowAt> | undefined;
  app.setNotFoundHandler(({ method, url }, reply) => {
    if (method === 'OPTIONS' && url === '*') return sendOptions(reply, allow);
    if (!methods.includes(method)) {
      allowAt ??= createAllowAt(methodsOf);
      const found = allowAt(url);
      if (found !== null) refuse(method, reply, found);
    }
    throw new DarkroomError('NOT_FOUND', 'There is no such route.');
  });
}

/** Finds what the path of a request allows, as the router finds its route; null: nobody has that path. */
function createAllowAt(methodsOf: MethodsOfPaths): (url: string) => string | null {
  // Whoever is refused need not hear that a part of the path is too long.
  const router = createRouter({ maxParamLength: Number.MAX_SAFE_INTEGER });
  for (const [path, known] of methodsOf) router.on('GET', path, () => undefined, allowOf(known));
  return (url) => {
    const found: { readonly store: unknown } | null = router.find('GET', url);
    return typeof found?.store === 'string' ? found.store : null;
  };
}
