import { drawAlias } from './alias-table.ts';
import { drawsOf, randomAt, streams } from './counter-random.ts';
import type { Draws } from './counter-random.ts';
import { createDrawnFollows, followeeAt } from './drawn-follows.ts';
import { manners } from './operation-mix.ts';
import type { MixName } from './operation-mix.ts';
import { createPermutation } from './permutation.ts';
import type { PopulationSize } from './population-size.ts';
import { skew } from './request-tables.ts';
import type { RequestTables } from './request-tables.ts';
import { createZipf } from './zipf.ts';

/** Whose and which things a request is about, each drawn when it is asked for; all are ids. */
export type RequestKeys = {
  viewer(pass: number, index: number): number;
  photoToRead(pass: number, index: number): number;
  photoToWrite(pass: number, index: number): number;
  /** Any photo is as likely. Only its owner may edit it. */
  photoToEdit(pass: number, index: number): { readonly photoId: number; readonly ownerId: number };
  person(pass: number, index: number): number;
  /** Somebody whom a person follows in the seeded graph. */
  followeeOf(personId: number, pass: number, index: number): number;
};

export function createRequestKeys(
  { mix, ...size }: PopulationSize & { readonly mix: MixName },
  tables: RequestTables,
): RequestKeys {
  const { seed, people, photos } = size;
  const drawn = manners[mix].crawls ? createCrawl(size) : createPopular(size, tables);
  const viewerRank = createZipf(people, skew.viewers);
  const viewerOf = createPermutation(people, seed, streams.viewer);
  const photoDraws = (pass: number, index: number): Draws => drawsOf(seed, pass, streams.photo, index);
  const follows = createDrawnFollows(size, (draws) =>
    drawAlias(draws, people, (index) => {
      const [, share, alias] = tables.personAt(index);
      return [share, alias];
    }),
  );
  return {
    ...drawn,
    viewer: (pass, index) => viewerOf(viewerRank(drawsOf(seed, pass, streams.viewer, index)) - 1) + 1,
    photoToWrite: (pass, index) =>
      1 +
      drawAlias(photoDraws(pass, index), photos, (photo) => {
        const [, , , share, alias] = tables.photoAt(photo);
        return [share, alias];
      }),
    photoToEdit(pass, index) {
      const photo = Math.floor(photoDraws(pass, index)(0) * photos);
      const [ownerId] = tables.photoAt(photo);
      return { photoId: photo + 1, ownerId };
    },
    followeeOf: (personId, pass, index) =>
      // A person who follows nobody unfollows a neighbour, which changes nothing.
      followeeAt(follows, personId - 1, randomAt(seed, pass, streams.person, index)) ??
      (personId % people) + 1,
  };
}

type ReadKeys = Pick<RequestKeys, 'photoToRead' | 'person'>;

/** What is popular is asked for more often. */
function createPopular({ seed, people, photos }: PopulationSize, tables: RequestTables): ReadKeys {
  const profileRank = createZipf(people, skew.profiles);
  return {
    photoToRead: (pass, index) =>
      1 +
      drawAlias(drawsOf(seed, pass, streams.photo, index), photos, (photo) => {
        const [, share, alias] = tables.photoAt(photo);
        return [share, alias];
      }),
    person(pass, index) {
      const [id] = tables.personAt(profileRank(drawsOf(seed, pass, streams.person, index)) - 1);
      return id;
    },
  };
}

/** Everything comes once before anything comes again, from a place on that chance decides for each pass: what evicts a cache. */
function createCrawl({ seed, people, photos }: PopulationSize): ReadKeys {
  const walk = (count: number, stream: number): ((pass: number, index: number) => number) => {
    const placeOf = createPermutation(count, seed, stream);
    return (pass, index) =>
      placeOf((Math.floor(randomAt(seed, pass, stream, 0) * count) + index) % count) + 1;
  };
  return { photoToRead: walk(photos, streams.crawledPhotos), person: walk(people, streams.crawledPeople) };
}
