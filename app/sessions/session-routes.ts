import { peopleOperations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { NoContent } from '../http/schemas.ts';
import { takeCookie, tokenOf } from '../http/session-cookie.ts';
import type { SessionService } from './session-service.ts';

/** Logging out: here, or wherever this person is logged in. */
export function registerSessionRoutes(
  app: App,
  { viewerOf }: RouteParts,
  sessionService: SessionService,
): void {
  app.route({
    method: peopleOperations.logOut.method,
    url: peopleOperations.logOut.route,
    schema: { response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED'] },
    handler: async (request, reply) => {
      // Whoever logs out of a session that has ended elsewhere is logged out.
      if (request.sessionPerson !== 'ended') {
        viewerOf(request);
        const token = tokenOf(request.headers);
        if (token !== null) await sessionService.end(token);
      }
      takeCookie(reply);
      return reply.code(204).send();
    },
  });
  app.route({
    method: peopleOperations.logOutEverywhere.method,
    url: peopleOperations.logOutEverywhere.route,
    schema: { response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED'] },
    handler: async (request, reply) => {
      await sessionService.endAllOf(viewerOf(request));
      takeCookie(reply);
      return reply.code(204).send();
    },
  });
}
