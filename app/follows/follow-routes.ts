import { Type } from 'typebox';
import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Id, NextCursor, NoContent, PageQuery, UserParams, Version } from '../http/schemas.ts';
import type { FollowService } from './follow-service.ts';

const FollowerList = Type.Object({
  numberOfFollowers: Type.Integer(),
  version: Version,
  followers: Type.Array(Type.Object({ userId: Id, name: Type.String() })),
  nextCursor: NextCursor,
});

export function registerFollowRoutes(
  app: App,
  { viewerOf, describeRead }: RouteParts,
  followService: FollowService,
): void {
  app.route({
    method: operations.followers.method,
    url: operations.followers.route,
    schema: { params: UserParams, querystring: PageQuery, response: { 200: FollowerList } },
    config: { problems: ['NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const read = await followService.read(request.params.userId, request.query.cursor);
      describeRead(reply, read);
      const { count, newest, nextCursor } = read.value;
      const followers = newest.map(({ id, name }) => ({ userId: id, name }));
      return { numberOfFollowers: count, version: read.version, followers, nextCursor };
    },
  });
  for (const name of ['follow', 'unfollow'] as const) {
    app.route({
      method: operations[name].method,
      url: operations[name].route,
      schema: { params: UserParams, response: { 204: NoContent } },
      config: {
        problems: ['VIEWER_REQUIRED', 'NOT_FOUND', ...(name === 'follow' ? (['CONFLICT'] as const) : [])],
      },
      handler: async (request, reply) => {
        await followService[name](viewerOf(request), request.params.userId);
        return reply.code(204).send();
      },
    });
  }
}
