import { randomAt, streams, uint32At } from './counter-random.ts';
import { createCountRequests } from './counter-requests.ts';
import { accountOf } from './log-in-accounts.ts';
import { createMetadataRequests } from './metadata-requests.ts';
import { manners, operationAt, requestsPerDeletion } from './operation-mix.ts';
import type { DrawnOperation, MixName, PlannedOperation } from './operation-mix.ts';
import { reservedPhotoOf } from './photo-reserve.ts';
import { createOwnerOf, createPopulation } from './population.ts';
import type { Population } from './population.ts';
import type { PopulationSize } from './population-size.ts';
import { renditionAt } from './rendition-shares.ts';
import { createRequestKeys } from './request-keys.ts';
import type { RequestKeys } from './request-keys.ts';
import { createRequestTables } from './request-tables.ts';
import type { RequestTables } from './request-tables.ts';
import { sampleOf, samplePhotos } from './sample-photos.ts';
import { createSpikes } from './star-spikes.ts';
import { oncePerStretch } from './stretches.ts';
import { createVisits } from './visits.ts';

/** One request, complete: who asks for what, with which body. The same for every candidate. */
export type PlannedRequest = {
  readonly operation: PlannedOperation;
  readonly viewerId: number;
  readonly params: Readonly<Record<string, number>>;
  /** A caption or a comment. */
  readonly text?: string;
  /** Which sample is uploaded. */
  readonly sample?: number;
  /** Which picture is asked for. */
  readonly digest?: string;
  /** Which of the sessions that end it is sent by; absent: by the one that the viewer has all the time. */
  readonly session?: number;
  /** What is added to a counter. */
  readonly delta?: number;
  /** By which the service knows an add that it has counted already; sent together with the time of its first sending. */
  readonly token?: string;
  /** Sent once more when the first is answered, to another replica where there is one: as by who has not heard the answer. */
  readonly isSentAgain?: boolean;
};

/** Request `index` of a pass. Passes are numbered by the experiment; each has requests of its own. */
export type RequestAt = (pass: number, index: number) => PlannedRequest;

export type Workload = {
  readonly population: Population;
  readonly tables: RequestTables;
  readonly requestAt: RequestAt;
};

export type WorkloadSettings = PopulationSize & { readonly mix: MixName };

export function createWorkload(settings: WorkloadSettings): Workload {
  const population = createPopulation(settings);
  const tables = createRequestTables(population);
  return { population, tables, requestAt: createRequests(settings, tables) };
}

/** Draws requests one by one, in any order. */
export function createRequests(settings: WorkloadSettings, tables: RequestTables): RequestAt {
  const { seed, photos, mix } = settings;
  const keys = createRequestKeys(settings, tables);
  const requestOf = createComposer(settings, keys);
  const deletionAt = oncePerStretch(seed, streams.deletions, requestsPerDeletion(mix));
  const visits = createVisits(settings);
  const ownerOf = createOwnerOf(settings);
  const spikedAt = manners[mix].hasSpikes ? createSpikes(settings, tables) : () => null;

  /** At the end of the reserve a caption is edited instead, so that a photo is written all the same and none is gone. */
  const deletionOf = (pass: number, index: number, deletion: number): PlannedRequest => {
    const photoId = reservedPhotoOf(photos, pass, deletion);
    return photoId === null
      ? requestOf('editCaption', pass, index)
      : { operation: 'deletePhoto', viewerId: ownerOf(photoId - 1), params: { photoId } };
  };
  return (pass, index) => {
    const deletion = deletionAt(pass, index);
    if (deletion !== null) return deletionOf(pass, index, deletion);
    const ending = visits.logOutAt(pass, index);
    if (ending !== null) return { operation: 'logOut', params: {}, ...ending };
    const operation = operationAt(mix, randomAt(seed, pass, streams.operation, index));
    const spiked = spikedAt(pass, index, operation);
    if (spiked?.kind === 'star-posts') return requestOf('post', pass, index, { viewerId: spiked.starId });
    const reader = operation === 'feedPage' ? visits.readerAt(pass, index) : null;
    return requestOf(spiked?.operation ?? operation, pass, index, spiked ?? reader ?? {});
  };
}

/** What is decided already of a request. */
type Decided = { readonly viewerId?: number; readonly photoId?: number; readonly session?: number };

/** Makes a request of an operation: draws what it is about, and its body. */
function createComposer(settings: WorkloadSettings, keys: RequestKeys) {
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
