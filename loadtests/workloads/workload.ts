import { createComposer } from './compose-request.ts';
import { randomAt, streams } from './counter-random.ts';
import { createOperationDraw, manners, requestsPerDeletion } from './operation-mix.ts';
import { reservedPhotoOf } from './photo-reserve.ts';
import { createPhotoViews } from './photo-views.ts';
import type { PhotoViews } from './photo-views.ts';
import { createPhotoViewing } from './viewing-plan.ts';
import type { PlannedRequest, RequestAt } from './planned-request.ts';
import { createOwnerOf, createPopulation } from './population.ts';
import type { Population } from './population.ts';
import { createRequestKeys } from './request-keys.ts';
import { createRequestTables } from './request-tables.ts';
import type { RequestTables } from './request-tables.ts';
import { createSpikes } from './star-spikes.ts';
import { oncePerStretch } from './stretches.ts';
import { createVisits } from './visits.ts';
import type { WorkloadSettings } from './workload-settings.ts';

export type { PlannedRequest, RequestAt } from './planned-request.ts';
export type { WorkloadSettings } from './workload-settings.ts';

export type Workload = {
  readonly population: Population;
  /** What its requests are drawn from; null: they are not drawn, and a driver must be given each. */
  readonly tables: RequestTables | null;
  readonly requestAt: RequestAt;
};

export type DrawnWorkload = Workload & { readonly tables: RequestTables };

export function createWorkload(settings: WorkloadSettings): DrawnWorkload {
  const population = createPopulation(settings);
  const tables = createRequestTables(population);
  return { population, tables, requestAt: createRequests(settings, tables) };
}

/** The pages that viewers with browsers look at, before browsers have said what they have of them. */
export function createViews(settings: WorkloadSettings): PhotoViews {
  const { tables } = createWorkload(settings);
  return createPhotoViews(settings, createComposer(settings, createRequestKeys(settings, tables)));
}

/** Draws requests one by one, in any order. */
export function createRequests(settings: WorkloadSettings, tables: RequestTables): RequestAt {
  const { seed, photos, mix } = settings;
  const keys = createRequestKeys(settings, tables);
  const requestOf = createComposer(settings, keys);
  if (manners[mix].hasBrowsers) return createPhotoViewing(settings, requestOf);
  const deletionAt = oncePerStretch(seed, streams.deletions, requestsPerDeletion(mix));
  const operationAt = createOperationDraw(mix);
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
    const operation = operationAt(randomAt(seed, pass, streams.operation, index));
    const spiked = spikedAt(pass, index, operation);
    if (spiked?.kind === 'star-posts') return requestOf('post', pass, index, { viewerId: spiked.starId });
    const reader = operation === 'feedPage' ? visits.readerAt(pass, index) : null;
    return requestOf(spiked?.operation ?? operation, pass, index, spiked ?? reader ?? {});
  };
}
