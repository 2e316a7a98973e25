import type { LightMyRequestResponse } from 'fastify';
import { operations, pathOf } from '../../app/contract/operations.ts';
import type { OperationName } from '../../app/contract/operations.ts';
import { greyJpeg } from './grey-jpeg.ts';
import { photoForm } from './multipart-form.ts';
import type { Ask, TestApp } from './test-app.ts';
import { village } from './village-rows.ts';

/** As small as a photo can be: of one from a camera, the pictures take longer to make than all else that is asked. */
const image = greyJpeg({ width: 64, height: 48 });

/** All but the pictures: those are files, which no store can lose that a test takes away. */
export type PhotoOperation = Exclude<OperationName, 'image'>;

/** Every operation, asked by `busy` about `photoId`, its own, and by the others about people. */
const requests: Record<
  PhotoOperation,
  { readonly userId: number; readonly viewer: number; readonly query?: string; readonly ask?: Ask }
> = {
  feedPage: { userId: village.reader, viewer: village.reader },
  photoPage: { userId: 1, viewer: village.reader },
  profileGrid: { userId: village.busy, viewer: village.reader },
  comments: { userId: 1, viewer: village.reader },
  commentsBy: { userId: village.busy, viewer: village.reader, query: '?by=1' },
  followers: { userId: village.famous, viewer: village.reader },
  like: { userId: 1, viewer: village.reader },
  comment: { userId: 1, viewer: village.reader, ask: { body: { comment: 'so it is' } } },
  follow: { userId: village.famous, viewer: village.reader },
  unfollow: { userId: village.famous, viewer: village.reader },
  post: { userId: village.busy, viewer: village.busy, ask: photoForm(image) },
  editCaption: { userId: 1, viewer: village.busy, ask: { body: { caption: 'new' } } },
  deletePhoto: { userId: 1, viewer: village.busy },
};

/** The request of one operation. */
export function requestOf(name: PhotoOperation, photoId: number) {
  const { method, route } = operations[name];
  const { userId, viewer, query = '', ask } = requests[name];
  return { method, url: pathOf(route, { userId, photoId }) + query, ask: { viewer, ...ask } satisfies Ask };
}

/** Asks for one operation; every one of them succeeds on a fresh village with a photo of `busy`. */
export function perform(
  app: TestApp,
  name: PhotoOperation,
  photoId: number,
): Promise<LightMyRequestResponse> {
  const { method, url, ask } = requestOf(name, photoId);
  return app.ask(method, url, ask);
}
