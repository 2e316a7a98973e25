import { randomAt, streams, uint32At } from './counter-random.ts';
import { createCountRequests } from './counter-requests.ts';
import { accountOf } from './log-in-accounts.ts';
import { createMetadataRequests } from './metadata-requests.ts';
import type { DrawnOperation } from './operation-mix.ts';
import type { PlannedRequest } from './planned-request.ts';
import { renditionAt } from './rendition-shares.ts';
import type { RequestKeys } from './request-keys.ts';
import { sampleOf, samplePhotos } from './sample-photos.ts';
import type { WorkloadSettings } from './workload-settings.ts';

/** Makes request `index` of a pass, of an operation that has been drawn. */
export type ComposeRequest = (
  operation: DrawnOperation,
  pass: number,
  index: number,
  decided?: Decided,
) => PlannedRequest;

/** The parts of a request that are decided before it is drawn. */
export type Decided = { readonly viewerId?: number; readonly photoId?: number; readonly session?: number };

/** Makes a request of an operation: draws what it is about, and its body. */
export function createComposer(settings: WorkloadSettings, keys: RequestKeys): ComposeRequest {
  const { seed, people } = settings;
  const countAt = createCountRequests(settings);
  const metadataAt = createMetadataRequests(settings);
  return (
    operation: DrawnOperation,
    pass: number,
    index: number,
    { viewerId = keys.viewer(pass, index), photoId, session }: Decided = {},
  ): PlannedRequest => {
    const text = (): string => `note ${uint32At(seed, pass, streams.text, index).toString(36)}`;
    const read = (): number => photoId ?? keys.photoToRead(pass, index);
    const written = (): number => photoId ?? keys.photoToWrite(pass, index);
    switch (operation) {
      case 'feedPage':
        return {
          operation,
          viewerId,
          params: { userId: viewerId },
          ...(session !== undefined && { session }),
        };
      case 'photoPage':
      case 'comments':
        return { operation, viewerId, params: { photoId: read() } };
      case 'image': {
        const { digest } = sampleOf(read());
        const rendition = renditionAt(randomAt(seed, pass, streams.images, index));
        return { operation, viewerId, params: { rendition }, digest };
      }
      case 'profileGrid':
      case 'followers':
        return { operation, viewerId, params: { userId: keys.person(pass, index) } };
      case 'like':
        return { operation, viewerId, params: { photoId: written() } };
      case 'comment':
        return { operation, viewerId, params: { photoId: written() }, text: text() };
      case 'follow': {
        const followed = keys.person(pass, index);
        // Nobody follows themselves.
        const userId = followed === viewerId ? (followed % people) + 1 : followed;
        return { operation, viewerId, params: { userId } };
      }
      case 'unfollow':
        return { operation, viewerId, params: { userId: keys.followeeOf(viewerId, pass, index) } };
      case 'post': {
        const sample = uint32At(seed, pass, streams.photo, index) % samplePhotos.length;
        return { operation, viewerId, params: { userId: viewerId }, text: text(), sample };
      }
      case 'editCaption': {
        const edited = keys.photoToEdit(pass, index);
        return { operation, viewerId: edited.ownerId, params: { photoId: edited.photoId }, text: text() };
      }
      case 'metadataPage':
      case 'putMetadata':
        return { operation, viewerId, ...metadataAt(operation, pass, index) };
      case 'logIn':
      case 'failedLogIn':
        return { operation, viewerId: accountOf(settings, pass, index), params: {} };
      case 'addCount':
      case 'addAndGetCount':
      case 'getCount':
      case 'clearCount':
        return { operation, viewerId, ...countAt(operation, pass, index) };
    }
  };
}
