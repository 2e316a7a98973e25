import { peopleOperations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Id, NoContent, Timestamp, UserParams, storableText } from '../http/schemas.ts';
import { addressOf } from '../http/rate-limits.ts';
import { requireSelf } from '../http/viewer.ts';
import { giveCookie, takeCookie } from '../http/session-cookie.ts';
import type { NewSession } from '../sessions/session-service.ts';
import type { FastifyReply } from 'fastify';
import type { AccountService } from './account-service.ts';
import type { DeletionService } from './deletion-service.ts';

const LogInName = {
  type: 'string',
  pattern: '^[A-Za-z0-9._-]{3,30}$',
  description: '3 to 30 letters, digits, dots, dashes and underscores; case does not matter',
} as const;
const Password = storableText({ minLength: 8, maxLength: 256 });
const Credentials = {
  type: 'object',
  required: ['logInName', 'password'],
  properties: { logInName: LogInName, password: Password },
  additionalProperties: false,
} as const;
const SignUp = {
  type: 'object',
  required: ['name', 'logInName', 'password'],
  properties: {
    name: storableText({ minLength: 1, maxLength: 100 }),
    logInName: LogInName,
    password: Password,
  },
  additionalProperties: false,
} as const;
const Session = {
  type: 'object',
  required: ['userId', 'token', 'expiresAt'],
  properties: {
    userId: Id,
    token: { type: 'string', description: 'for Authorization: Bearer; browsers have it as a cookie' },
    expiresAt: Timestamp,
  },
} as const;

function sendSession(reply: FastifyReply, { personId, token, expiresAtMs }: NewSession) {
  giveCookie(reply, token, expiresAtMs);
  return { userId: personId, token, expiresAt: new Date(expiresAtMs).toISOString() };
}

/** Both answer with a session, as JSON and as a cookie. */
export function registerAccountRoutes(app: App, accountService: AccountService): void {
  app.route({
    method: peopleOperations.signUp.method,
    url: peopleOperations.signUp.route,
    schema: { body: SignUp, response: { 201: Session } },
    config: { problems: ['NAME_TAKEN'] },
    handler: async (request, reply) => {
      const session = await accountService.signUp(request.body.name, request.body);
      return reply.code(201).send(sendSession(reply, session));
    },
  });
  app.route({
    method: peopleOperations.logIn.method,
    url: peopleOperations.logIn.route,
    schema: { body: Credentials, response: { 201: Session } },
    config: { problems: ['LOG_IN_FAILED', 'TOO_MANY_LOGINS'] },
    handler: async (request, reply) => {
      const session = await accountService.logIn(addressOf(request), request.body);
      return reply.code(201).send(sendSession(reply, session));
    },
  });
}

/** For good, and at once: there is no account to come back to. */
export function registerDeletionRoute(
  app: App,
  { viewerOf }: RouteParts,
  deletionService: DeletionService,
): void {
  app.route({
    method: peopleOperations.deleteAccount.method,
    url: peopleOperations.deleteAccount.route,
    schema: { params: UserParams, response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND', 'OBJECT_STORE_UNAVAILABLE'] },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      requireSelf(viewerId, request.params.userId);
      await deletionService.remove(viewerId);
      takeCookie(reply);
      return reply.code(204).send();
    },
  });
}
