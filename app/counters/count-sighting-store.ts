import type { Queries, Statement } from '../storage/statement.ts';

/**
 * What was seen of a counter. `live`: while it is added to, what it should be by all acknowledged adds, and what a replica said.
 * `lag`: an add, by how many there had been, and how long after its acknowledgement a replica was first asked that knew of it.
 * `rest`: the same as `live`, at the end, when nothing has been added for long.
 */
export type CountSighting = {
  readonly counter: string;
  readonly phase: 'live' | 'lag' | 'rest';
  readonly expected: number;
  readonly seen: number;
  readonly lagMs: number | null;
};

/** The database stamps them: by its time rounds are told apart. */
const insertSightings: Statement = {
  name: 'insert_count_sightings',
  text: `
    INSERT INTO counter_sightings (counter, phase, expected, seen, lag_ms)
    SELECT counter, phase, expected, seen, lag_ms
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::double precision[])
      AS sighting (counter, phase, expected, seen, lag_ms)`,
};

export function createCountSightingStore(storage: Queries) {
  return {
    async add(sightings: readonly CountSighting[]): Promise<void> {
      if (sightings.length === 0) return;
      await storage.query(insertSightings, [
        sightings.map(({ counter }) => counter),
        sightings.map(({ phase }) => phase),
        sightings.map(({ expected }) => expected),
        sightings.map(({ seen }) => seen),
        sightings.map(({ lagMs }) => lagMs),
      ]);
    },
  };
}
