import { Type } from 'typebox';
import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Comment, Id, NextCursor, PageQuery, UserParams, Version } from '../http/schemas.ts';
import { requireSelf } from '../http/viewer.ts';
import { mediaUrlOf } from '../http/media-url.ts';
import type { FeedService } from './feed-service.ts';

const Feed = Type.Object({
  feeds: Type.Array(
    Type.Object({
      postId: Id,
      version: Version,
      postOwnerId: Id,
      postOwnerName: Type.String(),
      mediaURL: Type.String(),
      caption: Type.String(),
      numberOfLikes: Type.Integer(),
      numberOfComments: Type.Integer(),
      comments: Type.Array(Comment),
    }),
  ),
  nextCursor: NextCursor,
});

/** A feed is its reader's own. */
export function registerFeedRoutes(
  app: App,
  { viewerOf, describeRead }: RouteParts,
  feedService: FeedService,
): void {
  app.route({
    method: operations.feedPage.method,
    url: operations.feedPage.route,
    schema: { params: UserParams, querystring: PageQuery, response: { 200: Feed } },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      requireSelf(viewerId, request.params.userId);
      const { ids, photos } = await feedService.read(viewerId, request.query.cursor);
      describeRead(reply, ids);
      const feeds = photos.map(({ value: photo, version }) => ({
        postId: photo.id,
        version,
        postOwnerId: photo.ownerId,
        postOwnerName: photo.ownerName,
        mediaURL: mediaUrlOf(photo.digest),
        caption: photo.caption,
        numberOfLikes: photo.likeCount,
        numberOfComments: photo.commentCount,
        comments: [...photo.newestComments],
      }));
      return { feeds, nextCursor: ids.value.nextCursor };
    },
  });
}
