import { aliasColumnsOf } from './alias-table.ts';
import { photoWeights } from './population.ts';
import type { Population } from './population.ts';
import { drawingWeights } from './social-graph.ts';

/** Skew of what is asked: photo reads, profiles, writes, counters, and how unevenly people use the service. */
export const skew = { photoReads: 0.9, profiles: 0.99, writes: 0.7, counters: 0.99, viewers: 0.8 } as const;

/** The row of a photo: who owns it, and its cells in the alias tables of reads and of writes. */
export type PhotoRow = readonly [
  ownerId: number,
  readShare: number,
  readAlias: number,
  writeShare: number,
  writeAlias: number,
];

/**
 * The row at an index, about two people. `idOfRank` is the id of the person who has that rank, 0 for the most
 * followed. The rest is of the person whose id is the index plus one: the cells in the alias table of who is
 * followed, and the newest photo, 0 where there is none.
 */
export type PersonRow = readonly [
  idOfRank: number,
  followShare: number,
  followAlias: number,
  newestPhoto: number,
];

/**
 * All that a request is drawn from beside its seeds. Whoever has the tables draws any request by itself, so that a run of
 * any length takes the same memory; making them is what takes an interpreter long.
 */
export type RequestTables = {
  readonly personAt: (index: number) => PersonRow;
  /** Row of a photo, by its id less one. */
  readonly photoAt: (index: number) => PhotoRow;
};

export function createRequestTables(population: Population): RequestTables {
  const reads = aliasColumnsOf(photoWeights(population, skew.photoReads));
  const writes = aliasColumnsOf(photoWeights(population, skew.writes));
  const follows = aliasColumnsOf(drawingWeights(population));
  const newest = population.followerShare.map(() => 0);
  for (const [index, ownerId] of population.photoOwner.entries()) newest[ownerId - 1] = index + 1;
  return {
    personAt: (index) => [
      population.peopleByRank[index] as number,
      follows.share[index] as number,
      follows.alias[index] as number,
      newest[index] as number,
    ],
    photoAt: (index) => [
      population.photoOwner[index] as number,
      reads.share[index] as number,
      reads.alias[index] as number,
      writes.share[index] as number,
      writes.alias[index] as number,
    ],
  };
}

/** The tables as rows, to be written down and read elsewhere. */
export type TableRows = { readonly people: readonly PersonRow[]; readonly photos: readonly PhotoRow[] };

export function rowsOfTables(
  { personAt, photoAt }: RequestTables,
  { people, photos }: { readonly people: number; readonly photos: number },
): TableRows {
  return {
    people: Array.from({ length: people }, (_, index) => personAt(index)),
    photos: Array.from({ length: photos }, (_, index) => photoAt(index)),
  };
}

/** The tables again; the rows may lie in memory that is shared. */
export function tablesOfRows({ people, photos }: TableRows): RequestTables {
  return {
    personAt: (index) => people[index] as PersonRow,
    photoAt: (index) => photos[index] as PhotoRow,
  };
}
