import type { XStatic } from 'typebox/schema';
import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { Comment, Id, NextCursor, PageQuery, UserParams, Version } from '../http/schemas.ts';
import type { Photo } from '../photos/photo-service.ts';
import { requireSelf } from '../http/viewer.ts';
import { mediaUrlOf } from '../contract/renditions.ts';
import type { FeedService } from './feed-service.ts';

const FeedPhoto = {
  type: 'object',
  required: [
    'postId',
    'version',
    'postOwnerId',
    'postOwnerName',
    'mediaURL',
    'caption',
    'numberOfLikes',
    'numberOfComments',
    'comments',
  ],
  properties: {
    postId: Id,
    version: Version,
    postOwnerId: Id,
    postOwnerName: { type: 'string' },
    mediaURL: { type: 'string' },
    caption: { type: 'string' },
    numberOfLikes: { type: 'integer' },
    numberOfComments: { type: 'integer' },
    comments: { type: 'array', items: Comment },
  },
} as const;
const Feed = {
  type: 'object',
  required: ['feeds', 'nextCursor'],
  properties: { feeds: { type: 'array', items: FeedPhoto }, nextCursor: NextCursor },
} as const;

/** The content type of a text that is JSON already; Fastify sends such a text as it is. */
const jsonType = 'application/json; charset=utf-8';

/** To the types, what is answered with such a text, whatever schema describes the answer. */
type WrittenJson = { readonly type: 'string' };

const showPhoto = (photo: Photo, version: number): XStatic<typeof FeedPhoto> => ({
  postId: photo.id,
  version,
  postOwnerId: photo.ownerId,
  postOwnerName: photo.ownerName,
  mediaURL: mediaUrlOf(photo.digest),
  caption: photo.caption,
  numberOfLikes: photo.likeCount,
  numberOfComments: photo.commentCount,
  comments: [...photo.newestComments],
});

const jsonOfPhotos = new WeakMap<Photo, string>();

/**
 * The JSON of a photo as a feed shows it. The memory tier shares photos between their readers: the text is made for the first of them,
 * and goes with the value, so that pages are joined from texts. The version belongs to the value: the same value has the same version.
 */
function photoJson(photo: Photo, version: number): string {
  const known = jsonOfPhotos.get(photo);
  if (known !== undefined) return known;
  const text = JSON.stringify(showPhoto(photo, version));
  jsonOfPhotos.set(photo, text);
  return text;
}

const FeedQuery = {
  type: 'object',
  properties: {
    ...PageQuery.properties,
    order: {
      anyOf: [
        { type: 'string', const: 'time' },
        { type: 'string', const: 'ranked' },
      ],
      description:
        'time: newest first; ranked: of the newest 50, those first whose (1 + likes + 2 × comments) ÷ (age in hours + 2)^1.5 is highest',
    },
  },
} as const;

/** A feed is its reader's own. */
export function registerFeedRoutes(
  app: App,
  { viewerOf, describeRead }: RouteParts,
  feedService: FeedService,
): void {
  app.route({
    method: operations.feedPage.method,
    url: operations.feedPage.route,
    schema: { params: UserParams, querystring: FeedQuery, response: { 200: Feed as object as WrittenJson } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND', 'INVALID_CURSOR'] },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      requireSelf(viewerId, request.params.userId);
      const { cursor, order } = request.query;
      const { ids, photos } = await feedService.read(viewerId, cursor, order);
      describeRead(reply, ids);
      let feeds = '';
      for (const { value, version } of photos)
        feeds += `${feeds === '' ? '' : ','}${photoJson(value, version)}`;
      reply.type(jsonType);
      return `{"feeds":[${feeds}],"nextCursor":${JSON.stringify(ids.value.nextCursor)}}`;
    },
  });
}
