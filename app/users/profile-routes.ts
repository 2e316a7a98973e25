import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Id, NextCursor, PageQuery, UserParams, Version } from '../http/schemas.ts';
import { mediaUrlOf } from '../contract/renditions.ts';
import type { ProfileService } from './profile-service.ts';

const Grid = {
  type: 'object',
  required: ['userId', 'name', 'version', 'numberOfPosts', 'posts', 'nextCursor'],
  properties: {
    userId: Id,
    name: { type: 'string' },
    version: Version,
    numberOfPosts: { type: 'integer' },
    posts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['postId', 'mediaURL'],
        properties: { postId: Id, mediaURL: { type: 'string' } },
      },
    },
    nextCursor: NextCursor,
  },
} as const;

/**
 * What is shown of a person who is private for the viewer: as if nothing had ever been posted, so that not
 * even counts and versions tell anything.
 */
const hidden = { version: 1, numberOfPosts: 0, posts: [], nextCursor: null };

export function registerProfileRoutes(
  app: App,
  { askerOf, describeRead }: RouteParts,
  profileService: ProfileService,
): void {
  app.route({
    method: operations.profileGrid.method,
    url: operations.profileGrid.route,
    schema: { params: UserParams, querystring: PageQuery, response: { 200: Grid } },
    config: { problems: ['NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const { userId } = request.params;
      const shown = await profileService.read(userId, askerOf(request), request.query.cursor);
      if (!shown.isShown) return { ...hidden, userId, name: shown.name };
      const { read } = shown;
      describeRead(reply, read);
      const { id, name, postCount, photos, nextCursor } = read.value;
      const posts = photos.map((photo) => ({ postId: photo.id, mediaURL: mediaUrlOf(photo.digest) }));
      return { userId: id, name, version: read.version, numberOfPosts: postCount, posts, nextCursor };
    },
  });
}
