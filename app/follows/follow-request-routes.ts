import { peopleOperations } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Id, NamedPerson, NextCursor, NoContent, PageQuery, UserParams } from '../http/schemas.ts';
import { requireSelf } from '../http/viewer.ts';
import type { FollowRequestService } from './follow-request-service.ts';

const RequestParams = {
  type: 'object',
  required: ['userId', 'followerId'],
  properties: { userId: Id, followerId: Id },
} as const;
const RequestList = {
  type: 'object',
  required: ['requests', 'nextCursor'],
  properties: {
    requests: { type: 'array', items: NamedPerson },
    nextCursor: NextCursor,
  },
} as const;

/**
 * Requests are listed and accepted by the person who is to be followed; the person who asked may withdraw
 * them.
 */
export function registerFollowRequestRoutes(
  app: App,
  { viewerOf }: RouteParts,
  requestService: FollowRequestService,
): void {
  app.route({
    method: peopleOperations.followRequests.method,
    url: peopleOperations.followRequests.route,
    schema: { params: UserParams, querystring: PageQuery, response: { 200: RequestList } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'INVALID_CURSOR'] },
    handler: async (request) => {
      const { userId } = request.params;
      requireSelf(viewerOf(request), userId);
      const { people, nextCursor } = await requestService.list(userId, request.query.cursor);
      return { requests: people.map(({ id, name }) => ({ userId: id, name })), nextCursor };
    },
  });
  app.route({
    method: peopleOperations.acceptFollow.method,
    url: peopleOperations.acceptFollow.route,
    schema: { params: RequestParams, response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND', 'RIGHTS_FULL'] },
    handler: async (request, reply) => {
      const { userId, followerId } = request.params;
      requireSelf(viewerOf(request), userId);
      await requestService.accept(followerId, userId);
      return reply.code(204).send();
    },
  });
  app.route({
    method: peopleOperations.declineFollow.method,
    url: peopleOperations.declineFollow.route,
    schema: { params: RequestParams, response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND'] },
    handler: async (request, reply) => {
      const { userId, followerId } = request.params;
      const viewerId = viewerOf(request);
      if (viewerId !== userId && viewerId !== followerId)
        throw new DarkroomError('FORBIDDEN', 'Only the two people may do this.');
      await requestService.remove(followerId, userId);
      return reply.code(204).send();
    },
  });
}
