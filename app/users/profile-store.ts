import type { Loaded } from '../cache/entry.ts';
import { pageSizes } from '../contract/entities.ts';
import { comesAfterPosition, listStart, microsecondsOf, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';

export type GridPhoto = { readonly id: number; readonly digest: string };

/** A person with the newest photos, and where the next ones begin. */
export type ProfileGrid = {
  readonly id: number;
  readonly name: string;
  readonly postCount: number;
  readonly photos: readonly GridPhoto[];
  readonly nextCursor: string | null;
};

const selectGrids: Statement = {
  name: 'select_profile_grids',
  text: `
    SELECT users.id, users.name, users.post_count, users.grid_version, newest.id AS photo_id, newest.digest,
      ${microsecondsOf('newest.created_at')} AS created_at_us
    FROM users LEFT JOIN LATERAL (
      SELECT id, digest, created_at FROM photos
      WHERE owner_id = users.id AND deleted_at IS NULL
        AND ${comesAfterPosition('created_at, id')}
      ORDER BY created_at DESC, id DESC LIMIT $4
    ) AS newest ON true
    WHERE users.id = ANY ($1::integer[])
    ORDER BY users.id, newest.created_at DESC, newest.id DESC`,
};

type Row = {
  id: number;
  name: string;
  post_count: number;
  grid_version: number;
  photo_id: number | null;
  digest: string;
  created_at_us: string;
};

function toGrid(rows: readonly Row[]): Loaded<ProfileGrid> {
  const [person] = rows as [Row, ...Row[]];
  const photos = rows.flatMap((row) =>
    row.photo_id === null ? [] : [{ id: row.photo_id, digest: row.digest, created_at_us: row.created_at_us }],
  );
  const { page, nextCursor } = toPage(photos, pageSizes.profileGrid);
  return {
    version: person.grid_version,
    value: {
      id: person.id,
      name: person.name,
      postCount: person.post_count,
      photos: page.map(({ id, digest }) => ({ id, digest })),
      nextCursor,
    },
  };
}

export type ProfileStore = ReturnType<typeof createProfileStore>;

export function createProfileStore(storage: Queries) {
  const loadFrom = async (
    ids: readonly number[],
    from: Position,
  ): Promise<ReadonlyMap<number, Loaded<ProfileGrid>>> => {
    const rows = await storage.query<Row>(selectGrids, [
      ids,
      from.createdAtUs,
      from.id,
      pageSizes.profileGrid + 1,
    ]);
    return new Map([...Map.groupBy(rows, (row) => row.id)].map(([id, own]) => [id, toGrid(own)] as const));
  };
  return {
    load: (ids: readonly number[]) => loadFrom(ids, listStart),
    loadPage: async (id: number, from: Position) => (await loadFrom([id], from)).get(id),
  };
}
