import type { FastifyRequest } from 'fastify';
import type { XStatic } from 'typebox/schema';
import { operations } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { NoContent, PhotoParams, UserParams } from '../http/schemas.ts';
import { requireSelf } from '../http/viewer.ts';
import { mediaUrlOf } from '../contract/renditions.ts';
import { digestOf } from '../storage/blob-store.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { readPhotoForm, uploadBytesMax, withPhotoForms } from './photo-form.ts';
import { CaptionChange, ChangedVersion, PhotoForm, PhotoPage, PostedImage } from './photo-schemas.ts';
import type { PhotoService, PostedPhoto } from './photo-service.ts';

/** Bodies of uploads that may be in memory together, those under way included. Beyond it, uploads are refused unread. */
const bodyBytesMax = 320 * 1024 * 1024;
const uploadsMax = 128;

/** What the body of an upload takes: its pieces, and the file that is joined from them. */
function bodyBytesOf({ headers }: FastifyRequest): number {
  const declared = Number(headers['content-length'] ?? uploadBytesMax);
  return 2 * Math.min(declared, uploadBytesMax);
}

export function registerPhotoRoutes(app: App, parts: RouteParts, photoService: PhotoService): void {
  const { askerOf, viewerOf, describeRead } = parts;
  app.route({
    method: operations.photoPage.method,
    url: operations.photoPage.route,
    schema: { params: PhotoParams, response: { 200: PhotoPage } },
    config: { problems: ['NOT_FOUND'] },
    handler: async (request, reply) => {
      const read = await photoService.view(request.params.photoId, askerOf(request));
      if (read === undefined)
        throw new DarkroomError('NOT_FOUND', `There is no photo ${request.params.photoId}.`);
      describeRead(reply, read);
      const { value: photo, version } = read;
      return {
        id: photo.id,
        version,
        ownerId: photo.ownerId,
        ownerName: photo.ownerName,
        caption: photo.caption,
        imageUrl: mediaUrlOf(photo.digest),
        size: { type: 'Size' as const, width: photo.widthPx, height: photo.heightPx },
        numberOfLikes: photo.likeCount,
        numberOfComments: photo.commentCount,
        comments: [...photo.newestComments],
        createdAt: photo.createdAt,
        ...(read.numberOfViews !== undefined && { numberOfViews: read.numberOfViews }),
      };
    },
  });
  withPhotoForms(app, (scope) => registerPost(scope, parts, photoService));
  registerPhotoChanges(app, viewerOf, photoService);
}

function registerPost(app: App, { viewerOf, writeOnce }: RouteParts, photoService: PhotoService): void {
  const bodies = createMemoryBudget({
    name: 'uploads',
    bytesMax: bodyBytesMax,
    workersMax: uploadsMax,
    waitingMax: 0,
  });
  app.route({
    method: operations.post.method,
    url: operations.post.route,
    schema: { params: UserParams, consumes: ['multipart/form-data'], response: { 201: PostedImage } },
    config: {
      form: PhotoForm,
      problems: [
        'VIEWER_REQUIRED',
        'FORBIDDEN',
        'NOT_FOUND',
        'NOT_A_JPEG',
        'BROKEN_JPEG',
        'BROKEN_PHOTO',
        'PHOTO_TOO_LARGE',
        'OBJECT_STORE_UNAVAILABLE',
      ],
    },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      requireSelf(viewerId, request.params.userId);
      return bodies.run(bodyBytesOf(request), async () => {
        const { bytes, caption } = await readPhotoForm(request);
        // The boundaries of a form differ from one sending to the next.
        const content = () => ({ file: digestOf(bytes), caption });
        return writeOnce(request, reply, content, async () => {
          const photo = await photoService.post(viewerId, caption, bytes);
          return reply.code(201).send(postedImageOf(photo, viewerId));
        });
      });
    },
  });
}

const postedImageOf = (photo: PostedPhoto, viewerId: number): XStatic<typeof PostedImage> => ({
  type: 'ImageFile',
  id: photo.id,
  createdAt: photo.createdAt,
  createdBy: viewerId,
  name: `${photo.digest}.jpg`,
  updatedAt: photo.createdAt,
  updatedBy: viewerId,
  fullImageUrl: mediaUrlOf(photo.digest),
  size: { type: 'Size', width: photo.widthPx, height: photo.heightPx },
});

function registerPhotoChanges(app: App, viewerOf: RouteParts['viewerOf'], photoService: PhotoService): void {
  app.route({
    method: operations.editCaption.method,
    url: operations.editCaption.route,
    schema: { params: PhotoParams, body: CaptionChange, response: { 200: ChangedVersion } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND'] },
    handler: async (request) => {
      const viewerId = viewerOf(request);
      return {
        version: await photoService.changeCaption(request.params.photoId, viewerId, request.body.caption),
      };
    },
  });
  app.route({
    method: operations.deletePhoto.method,
    url: operations.deletePhoto.route,
    schema: { params: PhotoParams, response: { 204: NoContent } },
    config: { problems: ['VIEWER_REQUIRED', 'FORBIDDEN', 'NOT_FOUND'] },
    handler: async (request, reply) => {
      await photoService.remove(request.params.photoId, viewerOf(request));
      return reply.code(204).send();
    },
  });
}
