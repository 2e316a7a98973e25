import type { Statement, Storage } from '../storage/postgres.ts';

/** A like is counted once: the row decides, and only a new row raises the count and the version. */
const insertLike: Statement = {
  name: 'insert_like',
  text: `
    WITH added AS (
      INSERT INTO likes (photo_id, person_id)
      SELECT id, $2 FROM photos WHERE id = $1 AND deleted_at IS NULL
      ON CONFLICT DO NOTHING RETURNING photo_id
    )
    UPDATE photos SET like_count = like_count + 1, version = version + 1
    FROM added WHERE photos.id = added.photo_id RETURNING photos.version, photos.like_count`,
};

const selectLikes: Statement = {
  name: 'select_like_count',
  text: 'SELECT version, like_count FROM photos WHERE id = $1 AND deleted_at IS NULL',
};

export type LikeCount = { readonly version: number; readonly likeCount: number; readonly isNew: boolean };

export type LikeStore = ReturnType<typeof createLikeStore>;

export function createLikeStore(storage: Storage) {
  type Row = { version: number; like_count: number };
  return {
    /** Undefined when there is no such photo. */
    async add(photoId: number, personId: number): Promise<LikeCount | undefined> {
      const [added] = await storage.query<Row>(insertLike, [photoId, personId]);
      const [row] = added === undefined ? await storage.query<Row>(selectLikes, [photoId]) : [added];
      return row && { version: row.version, likeCount: row.like_count, isNew: added !== undefined };
    },
  };
}
