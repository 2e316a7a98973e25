import { Type } from 'typebox';
import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Id, NextCursor, PageQuery, UserParams, Version } from '../http/schemas.ts';
import { mediaUrlOf } from '../http/media-url.ts';
import type { ProfileService } from './profile-service.ts';

const Grid = Type.Object({
  userId: Id,
  name: Type.String(),
  version: Version,
  numberOfPosts: Type.Integer(),
  posts: Type.Array(Type.Object({ postId: Id, mediaURL: Type.String() })),
  nextCursor: NextCursor,
});

export function registerProfileRoutes(
  app: App,
  { describeRead }: RouteParts,
  profileService: ProfileService,
): void {
  app.route({
    method: operations.profileGrid.method,
    url: operations.profileGrid.route,
    schema: { params: UserParams, querystring: PageQuery, response: { 200: Grid } },
    config: { problems: ['NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const read = await profileService.read(request.params.userId, request.query.cursor);
      describeRead(reply, read);
      const { id, name, postCount, photos, nextCursor } = read.value;
      const posts = photos.map((photo) => ({ postId: photo.id, mediaURL: mediaUrlOf(photo.digest) }));
      return { userId: id, name, version: read.version, numberOfPosts: postCount, posts, nextCursor };
    },
  });
}
