import { countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges } from '../counters/counted-changes-service.ts';
import type { Queries, Statement } from '../storage/statement.ts';

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

/** The same where likes are counted apart: the row of the photo, which many may like at once, is only looked at. */
const insertLikeApart: Statement = {
  name: 'insert_like_apart',
  text: `
    WITH added AS (
      INSERT INTO likes (photo_id, person_id)
      SELECT id, $2 FROM photos WHERE id = $1 AND deleted_at IS NULL
      ON CONFLICT DO NOTHING RETURNING photo_id
    )
    SELECT photos.version, photos.like_count FROM photos JOIN added ON added.photo_id = photos.id`,
};

/** Rows of likes, in order. A photo or a person that does not exist is passed over. */
const addedLikes = (returned: string) => `wanted AS (
      SELECT DISTINCT photo_id, person_id FROM unnest($1::integer[], $2::integer[]) AS given (photo_id, person_id)
    ), added AS (
      INSERT INTO likes (photo_id, person_id)
      SELECT photos.id, users.id FROM wanted
      JOIN photos ON photos.id = wanted.photo_id AND photos.deleted_at IS NULL
      JOIN users ON users.id = wanted.person_id
      ORDER BY photos.id, users.id
      ON CONFLICT DO NOTHING RETURNING ${returned}
    )`;

/**
 * Many likes at once, each counted once. Rows of likes come first and in order, then photos in order: two of these, or one
 * of these and the statement above, cannot wait for each other.
 */
const insertLikes: Statement = {
  name: 'insert_likes',
  text: `
    WITH ${addedLikes('photo_id')}, counted AS (
      SELECT photo_id, count(*)::integer AS likes FROM added GROUP BY photo_id
    ), locked AS MATERIALIZED (
      SELECT photos.id, counted.likes FROM photos JOIN counted ON counted.photo_id = photos.id
      ORDER BY photos.id FOR NO KEY UPDATE OF photos
    ), raised AS (
      UPDATE photos SET like_count = like_count + locked.likes, version = version + 1
      FROM locked WHERE photos.id = locked.id RETURNING photos.id, photos.version
    )
    SELECT id, version FROM raised
    UNION ALL
    SELECT id, version FROM photos
    WHERE $3 AND id IN (SELECT photo_id FROM wanted) AND id NOT IN (SELECT id FROM raised)`,
};

/** The same where likes are counted apart: each photo that got some, and of whom. */
const insertLikesApart: Statement = {
  name: 'insert_likes_apart',
  text: `
    WITH ${addedLikes('photo_id, person_id')}
    SELECT photo_id AS id, array_agg(person_id) AS people FROM added GROUP BY photo_id`,
};

/** What storage has of a photo and of one person's like of it, at one moment. */
const selectLiked: Statement = {
  name: 'select_liked',
  text: `
    SELECT version, like_count,
      EXISTS (SELECT FROM likes WHERE photo_id = $1 AND person_id = $2) AS is_liked
    FROM photos WHERE id = $1 AND deleted_at IS NULL`,
};

const selectLikes: Statement = {
  name: 'select_like_count',
  text: 'SELECT version, like_count FROM photos WHERE id = $1 AND deleted_at IS NULL',
};

export type LikeCount = { readonly version: number; readonly likeCount: number; readonly isNew: boolean };

export type Like = { readonly photoId: number; readonly personId: number };

/** A photo whose row has changed. */
type ChangedPhoto = { readonly id: number; readonly version: number };

const oneLike = { inRow: insertLike, apart: insertLikeApart };
const manyLikes = { inRow: insertLikes, apart: insertLikesApart };

export type LikeStore = ReturnType<typeof createLikeStore>;

/** The count of likes is the column's: where likes are counted apart, more come on top of it. */
export function createLikeStore(storage: Queries, counted: CountedChanges = countInRows(storage)) {
  type Row = { version: number; like_count: number };
  const { areApart } = counted;
  return {
    /** Undefined when there is no such photo. */
    async add(photoId: number, personId: number): Promise<LikeCount | undefined> {
      const [added] = await counted.change<Row>(oneLike, [photoId, personId], () => ({
        of: 'likes',
        id: photoId,
        by: 1,
        people: [personId],
      }));
      const [row] = added === undefined ? await storage.query<Row>(selectLikes, [photoId]) : [added];
      return row && { version: row.version, likeCount: row.like_count, isNew: added !== undefined };
    },
    /**
     * What `add` would answer, without adding: `isNew` where the like is not stored. Undefined when there is no such photo.
     */
    async foresee(photoId: number, personId: number): Promise<LikeCount | undefined> {
      type Liked = Row & { is_liked: boolean };
      const [row] = await storage.query<Liked>(selectLiked, [photoId, personId]);
      if (row === undefined) return undefined;
      const isNew = !row.is_liked;
      return { version: row.version, likeCount: row.like_count + (isNew ? 1 : 0), isNew };
    },
    /** The photos whose rows changed by likes, with their new versions; when they may have got them before, those photos too. */
    async addMany(likes: readonly Like[], isRepeated: boolean): Promise<readonly ChangedPhoto[]> {
      type Liked = ChangedPhoto & { readonly people: readonly number[] };
      const values = [likes.map(({ photoId }) => photoId), likes.map(({ personId }) => personId)];
      const changed = await counted.change<Liked>(
        manyLikes,
        areApart ? values : [...values, isRepeated],
        ({ id, people }) => ({ of: 'likes', id, by: people.length, people }),
      );
      return areApart ? [] : changed;
    },
  };
}
