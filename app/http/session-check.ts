import type { App } from './route-parts.ts';
import { tokenOf } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The person that the request's session stands for; null: it names none. */
    sessionPerson: number | null | 'ended';
  }
}

/** Whom a token stands for; null: nobody. Immediate when the session is remembered. */
export type PersonOf = (token: string) => number | null | Promise<number | null>;

/** What is shown to everybody alike asks for no session, so that an old cookie does not matter there. */
const isForAll = (route: string | undefined): boolean =>
  route === undefined ||
  route.startsWith('/media/') ||
  route.startsWith('/health/') ||
  route === '/openapi.json';

/** Finds out who asks, before any route does. A request that names no session costs two look-ups. */
export function checkSessions(app: App, personOf: PersonOf): void {
  app.decorateRequest('sessionPerson', null);
  app.addHook('onRequest', (request, _, proceed) => {
    const token = tokenOf(request.headers);
    if (token === null || isForAll(request.routeOptions.url)) return proceed();
    const found = personOf(token);
    if (!(found instanceof Promise)) {
      request.sessionPerson = found ?? 'ended';
      return proceed();
    }
    found.then((person) => {
      request.sessionPerson = person ?? 'ended';
      proceed();
    }, proceed);
  });
}
