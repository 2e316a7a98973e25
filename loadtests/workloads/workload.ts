import { drawAlias } from './alias-table.ts';
import { drawsOf, randomAt, streams, uint32At } from './counter-random.ts';
import type { Draws } from './counter-random.ts';
import type { MixName, PlannedOperation } from './operation-mix.ts';
import { operationAt } from './operation-mix.ts';
import { createPermutation } from './permutation.ts';
import { createPopulation } from './population.ts';
import type { Population, PopulationSize } from './population.ts';
import { createRequestTables, skew } from './request-tables.ts';
import type { RequestTables } from './request-tables.ts';
import { samplePhotos } from './sample-photos.ts';
import { createZipf } from './zipf.ts';

/** One request, complete: who asks for what, with which body. The same for every candidate. */
export type PlannedRequest = {
  readonly operation: PlannedOperation;
  readonly viewerId: number;
  readonly params: Readonly<Record<string, number>>;
  /** A caption or a comment. */
  readonly text?: string;
  /** Which sample is uploaded. */
  readonly sample?: number;
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
  const { seed, people, photos, mix } = settings;
  const readPhoto = (draws: Draws): number =>
    drawAlias(draws, photos, (index) => {
      const [, share, alias] = tables.photoAt(index);
      return [share, alias];
    });
  const writePhoto = (draws: Draws): number =>
    drawAlias(draws, photos, (index) => {
      const [, , , share, alias] = tables.photoAt(index);
      return [share, alias];
    });
  const viewerRank = createZipf(people, skew.viewers);
  const viewerOf = createPermutation(people, seed, streams.viewer);
  const profileRank = createZipf(people, skew.profiles);

  return (pass, index) => {
    const operation = operationAt(mix, randomAt(seed, pass, streams.operation, index));
    const viewerId = viewerOf(viewerRank(drawsOf(seed, pass, streams.viewer, index)) - 1) + 1;
    const photoDraws = drawsOf(seed, pass, streams.photo, index);
    const personId = (): number =>
      tables.personAt(profileRank(drawsOf(seed, pass, streams.person, index)) - 1);
    const text = (): string => `note ${uint32At(seed, pass, streams.text, index).toString(36)}`;
    switch (operation) {
      case 'feedPage':
        return { operation, viewerId, params: { userId: viewerId } };
      case 'photoPage':
      case 'comments':
        return { operation, viewerId, params: { photoId: readPhoto(photoDraws) + 1 } };
      case 'profileGrid':
      case 'followers':
        return { operation, viewerId, params: { userId: personId() } };
      case 'like':
        return { operation, viewerId, params: { photoId: writePhoto(photoDraws) + 1 } };
      case 'comment':
        return { operation, viewerId, params: { photoId: writePhoto(photoDraws) + 1 }, text: text() };
      case 'follow':
      case 'unfollow': {
        const followed = personId();
        // Nobody follows themselves.
        return {
          operation,
          viewerId,
          params: { userId: followed === viewerId ? (followed % people) + 1 : followed },
        };
      }
      case 'post':
        return {
          operation,
          viewerId,
          params: { userId: viewerId },
          text: text(),
          sample: uint32At(seed, pass, streams.photo, index) % samplePhotos.length,
        };
      case 'editCaption':
      case 'deletePhoto': {
        // Only the owner may; any photo is as likely, so that a deleted one is seldom asked for again.
        const photo = Math.floor(photoDraws(0) * photos);
        const [owner] = tables.photoAt(photo);
        return {
          operation,
          viewerId: owner,
          params: { photoId: photo + 1 },
          ...(operation === 'editCaption' ? { text: text() } : {}),
        };
      }
    }
  };
}
