import { aliasColumnsOf } from './alias-table.ts';
import { photoWeights } from './population.ts';
import type { Population } from './population.ts';

/** Skew of what is asked: photo reads, profiles, writes, and how unevenly people use the service. */
export const skew = { photoReads: 0.9, profiles: 0.99, writes: 0.7, viewers: 0.8 } as const;

/** What a photo has to do with requests: who owns it, and its cells of the alias tables of reads and of writes. */
export type PhotoRow = readonly [
  ownerId: number,
  readShare: number,
  readAlias: number,
  writeShare: number,
  writeAlias: number,
];

/**
 * All that a request is drawn from beside its seeds. Whoever has the tables draws any request by itself, so that a run of
 * any length takes the same memory; making them is what takes an interpreter long.
 */
export type RequestTables = {
  /** Id of the person of a rank, 0 for the most attractive. */
  readonly personAt: (rank: number) => number;
  /** Row of a photo, by its id less one. */
  readonly photoAt: (index: number) => PhotoRow;
};

export function createRequestTables(population: Population): RequestTables {
  const reads = aliasColumnsOf(photoWeights(population, skew.photoReads));
  const writes = aliasColumnsOf(photoWeights(population, skew.writes));
  return {
    personAt: (rank) => population.peopleByRank[rank] as number,
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
export type TableRows = { readonly people: readonly number[]; readonly photos: readonly PhotoRow[] };

export function rowsOfTables(
  { personAt, photoAt }: RequestTables,
  { people, photos }: { readonly people: number; readonly photos: number },
): TableRows {
  return {
    people: Array.from({ length: people }, (_, rank) => personAt(rank)),
    photos: Array.from({ length: photos }, (_, index) => photoAt(index)),
  };
}

/** The tables again; the rows may lie in memory that is shared. */
export function tablesOfRows({ people, photos }: TableRows): RequestTables {
  return {
    personAt: (rank) => people[rank] as number,
    photoAt: (index) => photos[index] as PhotoRow,
  };
}
