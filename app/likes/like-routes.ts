import { operations } from '../contract/operations.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { PhotoParams, Version } from '../http/schemas.ts';
import type { LikeService } from './like-service.ts';

const Liked = {
  type: 'object',
  required: ['numberOfLikes', 'version'],
  properties: { numberOfLikes: { type: 'integer' }, version: Version },
} as const;

export function registerLikeRoutes(app: App, { viewerOf }: RouteParts, likeService: LikeService): void {
  app.route({
    method: operations.like.method,
    url: operations.like.route,
    schema: { params: PhotoParams, response: { 200: Liked } },
    config: { problems: ['VIEWER_REQUIRED', 'NOT_FOUND'] },
    handler: async (request) => {
      const { likeCount, version } = await likeService.like(request.params.photoId, viewerOf(request));
      return { numberOfLikes: likeCount, version };
    },
  });
}
