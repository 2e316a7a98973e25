import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { NamedPerson, NextCursor, NoContent, PageQuery, UserParams, Version } from '../http/schemas.ts';
import type { FollowService } from './follow-service.ts';

const FollowerList = {
  type: 'object',
  required: ['numberOfFollowers', 'version', 'followers', 'nextCursor'],
  properties: {
    numberOfFollowers: { type: 'integer' },
    version: Version,
    followers: { type: 'array', items: NamedPerson },
    nextCursor: NextCursor,
  },
} as const;

/** What is shown of a person who is private for the viewer: as if nobody followed them. */
const hidden = { numberOfFollowers: 0, version: 1, followers: [], nextCursor: null };

const Requested = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', const: 'requested', description: 'a private person has to agree' },
  },
} as const;

export function registerFollowRoutes(
  app: App,
  { askerOf, viewerOf, describeRead }: RouteParts,
  followService: FollowService,
): void {
  app.route({
    method: operations.followers.method,
    url: operations.followers.route,
    schema: { params: UserParams, querystring: PageQuery, response: { 200: FollowerList } },
    config: { problems: ['NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const { userId } = request.params;
      const read = await followService.read(userId, askerOf(request), request.query.cursor);
      if (read === null) return hidden;
      describeRead(reply, read);
      const { count, newest, nextCursor } = read.value;
      const followers = newest.map(({ id, name }) => ({ userId: id, name }));
      return { numberOfFollowers: count, version: read.version, followers, nextCursor };
    },
  });
  app.route({
    method: operations.follow.method,
    url: operations.follow.route,
    schema: { params: UserParams, response: { 202: Requested, 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'NOT_FOUND', 'CONFLICT'] },
    handler: async (request, reply) => {
      const outcome = await followService.follow(viewerOf(request), request.params.userId);
      return outcome === 'followed' ? reply.code(204).send() : reply.code(202).send({ status: outcome });
    },
  });
  app.route({
    method: operations.unfollow.method,
    url: operations.unfollow.route,
    schema: { params: UserParams, response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'NOT_FOUND'] },
    handler: async (request, reply) => {
      await followService.unfollow(viewerOf(request), request.params.userId);
      return reply.code(204).send();
    },
  });
}
