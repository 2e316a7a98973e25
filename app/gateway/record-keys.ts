/** What a leader owns metadata of. */
export const recordKinds = ['posts', 'profiles'] as const;
export type RecordKind = (typeof recordKinds)[number];

/** Ids are PostgreSQL integers: none has more digits. */
const digitsMax = 10;

/** Before the keys of all records of a kind. */
export const prefixOf = (kind: RecordKind): string => `${kind}/`;

/** The name of a record in memory and in the stream. Sorted by them, records are sorted by their ids. */
export const keyOf = (kind: RecordKind, id: number): string =>
  `${prefixOf(kind)}${String(id).padStart(digitsMax, '0')}`;

/** The id in a key. */
export const idOfKey = (key: string): number => Number(key.slice(-digitsMax));
