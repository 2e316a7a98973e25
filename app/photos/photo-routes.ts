import type { FastifyRequest } from 'fastify';
import Value from 'typebox/value';
import { operations } from '../contract/operations.ts';
import { DarkroomError } from '../errors.ts';
import type { App, RouteParts } from '../http/route-parts.ts';
import { PhotoParams, UserParams } from '../http/schemas.ts';
import { requireSelf } from '../http/viewer.ts';
import { mediaUrlOf } from '../http/media-url.ts';
import {
  Caption,
  CaptionChange,
  ChangedVersion,
  PhotoPage,
  PostedImage,
  captionLengthMax,
} from './photo-schemas.ts';
import type { PhotoService } from './photo-service.ts';

type Upload = { readonly bytes: Buffer; readonly caption: string };

/** The one file and the optional caption of a multipart upload, in any order. */
async function readParts(request: FastifyRequest): Promise<Upload> {
  let bytes: Buffer | undefined;
  let caption: unknown = '';
  for await (const part of request.parts()) {
    if (part.type === 'field') caption = part.fieldname === 'caption' ? part.value : caption;
    else {
      const upload = await part.toBuffer();
      if (part.fieldname === 'file') bytes = upload;
    }
  }
  if (bytes === undefined)
    throw new DarkroomError('INVALID_REQUEST', 'Send the photo as the multipart part "file".');
  if (!Value.Check(Caption, caption))
    throw new DarkroomError(
      'INVALID_REQUEST',
      `A caption is a text of at most ${captionLengthMax} characters.`,
    );
  return { bytes, caption };
}

async function readUpload(request: FastifyRequest): Promise<Upload> {
  try {
    return await readParts(request);
  } catch (error) {
    // The form's parser has codes for its limits, and none for a form that breaks off or has no boundary.
    if ((error as { code?: unknown }).code !== undefined) throw error;
    throw new DarkroomError('INVALID_REQUEST', 'The form is not a whole multipart form.', { cause: error });
  }
}

export function registerPhotoRoutes(
  app: App,
  { viewerOf, describeRead }: RouteParts,
  photoService: PhotoService,
): void {
  app.route({
    method: operations.photoPage.method,
    url: operations.photoPage.route,
    schema: { params: PhotoParams, response: { 200: PhotoPage } },
    handler: async (request, reply) => {
      const read = await photoService.read(request.params.photoId);
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
      };
    },
  });
  registerPhotoWrites(app, viewerOf, photoService);
}

function registerPhotoWrites(app: App, viewerOf: RouteParts['viewerOf'], photoService: PhotoService): void {
  app.route({
    method: operations.post.method,
    url: operations.post.route,
    schema: { params: UserParams, consumes: ['multipart/form-data'], response: { 201: PostedImage } },
    handler: async (request, reply) => {
      const viewerId = viewerOf(request);
      requireSelf(viewerId, request.params.userId);
      const { bytes, caption } = await readUpload(request);
      const photo = await photoService.post(viewerId, caption, bytes);
      return reply.code(201).send({
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
    },
  });
  app.route({
    method: operations.editCaption.method,
    url: operations.editCaption.route,
    schema: { params: PhotoParams, body: CaptionChange, response: { 200: ChangedVersion } },
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
    schema: { params: PhotoParams },
    handler: async (request, reply) => {
      await photoService.remove(request.params.photoId, viewerOf(request));
      return reply.code(204).send();
    },
  });
}
