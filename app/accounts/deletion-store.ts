import type { Storage } from '../storage/postgres.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** Rows of one step, so that no statement holds more locks than a write of the service waits for. */
const rowsAtOnce = 200;

/** What remains of a person's comments on others' photos. Photos are locked in the order of their ids, as all lock them. */
const deleteComments: Statement = {
  name: 'delete_comments_of',
  text: `
    WITH removed AS (
      DELETE FROM comments WHERE id IN (SELECT id FROM comments WHERE author_id = $1 ORDER BY photo_id, id LIMIT $2)
      RETURNING photo_id
    ), counted AS (
      SELECT photo_id, count(*)::integer AS count FROM removed GROUP BY photo_id
    ), locked AS MATERIALIZED (
      SELECT photos.id, counted.count FROM photos JOIN counted ON counted.photo_id = photos.id
      ORDER BY photos.id FOR NO KEY UPDATE OF photos
    )
    UPDATE photos SET comment_count = comment_count - locked.count, version = version + 1,
      comments_version = comments_version + 1
    FROM locked WHERE photos.id = locked.id
    RETURNING photos.id, photos.version, photos.comments_version AS "commentsVersion"`,
};

const deleteLikes: Statement = {
  name: 'delete_likes_of',
  text: `
    WITH removed AS (
      DELETE FROM likes WHERE person_id = $1 AND photo_id IN (
        SELECT photo_id FROM likes WHERE person_id = $1 ORDER BY photo_id LIMIT $2
      ) RETURNING photo_id
    ), locked AS MATERIALIZED (
      SELECT photos.id FROM photos JOIN removed ON removed.photo_id = photos.id
      ORDER BY photos.id FOR NO KEY UPDATE OF photos
    )
    UPDATE photos SET like_count = like_count - 1, version = version + 1
    FROM locked WHERE photos.id = locked.id RETURNING photos.id, photos.version`,
};

const deleteFollowing: Statement = {
  name: 'delete_following_of',
  text: `
    WITH removed AS (
      DELETE FROM follows WHERE follower_id = $1 AND followed_id IN (
        SELECT followed_id FROM follows WHERE follower_id = $1 ORDER BY followed_id LIMIT $2
      ) RETURNING followed_id
    ), locked AS MATERIALIZED (
      SELECT users.id FROM users JOIN removed ON removed.followed_id = users.id
      ORDER BY users.id FOR NO KEY UPDATE OF users
    )
    UPDATE users SET follower_count = follower_count - 1, followers_version = followers_version + 1
    FROM locked WHERE users.id = locked.id RETURNING users.id, users.followers_version AS version`,
};

const deleteFollowers: Statement = {
  name: 'delete_followers_of',
  text: `
    DELETE FROM follows WHERE followed_id = $1 AND follower_id IN (
      SELECT follower_id FROM follows WHERE followed_id = $1 ORDER BY created_at DESC LIMIT $2
    ) RETURNING follower_id AS id`,
};

const selectPhotos: Statement = {
  name: 'select_photos_of',
  text: 'SELECT id FROM photos WHERE owner_id = $1 ORDER BY id LIMIT $2',
};
const deleteTheirLikes: Statement = {
  name: 'delete_likes_on',
  text: 'DELETE FROM likes WHERE photo_id = ANY ($1::integer[])',
};
const deleteTheirComments: Statement = {
  name: 'delete_comments_on',
  text: 'DELETE FROM comments WHERE photo_id = ANY ($1::integer[])',
};
/** With their rows the tombstones go as well; the versions are those that these would have had. */
const deletePhotos: Statement = {
  name: 'delete_photos_by_id',
  text: `
    DELETE FROM photos WHERE id = ANY ($1::integer[])
    RETURNING id, version + 1 AS version, comments_version + 1 AS "commentsVersion", digest`,
};

/** What is only about the person, in one function of the database, since other features' tables are among it. */
const deletePerson: Statement = {
  name: 'delete_person',
  text: 'SELECT darkroom_delete_person($1) AS was_there',
};

const selectUnused: Statement = {
  name: 'select_unused_digests',
  text: `
    SELECT digest FROM unnest($1::text[]) AS given (digest)
    WHERE NOT EXISTS (SELECT FROM photos WHERE photos.digest = given.digest)`,
};

export type ChangedPhoto = { readonly id: number; readonly version: number };
export type ChangedComments = ChangedPhoto & { readonly commentsVersion: number };
export type RemovedPhoto = ChangedComments & { readonly digest: string };

export type DeletionStore = ReturnType<typeof createDeletionStore>;

/** The steps in which an account is deleted. Each does some rows; none is left when it has done fewer than it may. */
export function createDeletionStore(storage: Pick<Storage, 'transaction'> & Queries) {
  const step =
    <Row extends object>(statement: Statement) =>
    (personId: number): Promise<readonly Row[]> =>
      storage.query<Row>(statement, [personId, rowsAtOnce]);
  return {
    removeComments: step<ChangedComments>(deleteComments),
    removeLikes: step<ChangedPhoto>(deleteLikes),
    removeFollowing: step<ChangedPhoto>(deleteFollowing),
    removeFollowers: step<{ readonly id: number }>(deleteFollowers),
    removePhotos: (personId: number): Promise<readonly RemovedPhoto[]> =>
      storage.transaction(async (queries) => {
        const found = await queries.query<{ readonly id: number }>(selectPhotos, [personId, rowsAtOnce]);
        const ids = found.map(({ id }) => id);
        await queries.query(deleteTheirLikes, [ids]);
        await queries.query(deleteTheirComments, [ids]);
        return queries.query<RemovedPhoto>(deletePhotos, [ids]);
      }),
    /** Sessions, the account and the person; whether there was one. Rejects with ROW_REFUSED when something was added meanwhile. */
    async removePerson(personId: number): Promise<boolean> {
      const [row] = await storage.query<{ readonly was_there: boolean }>(deletePerson, [personId]);
      return row?.was_there === true;
    },
    async unusedAmong(digests: readonly string[]): Promise<readonly string[]> {
      const rows = await storage.query<{ readonly digest: string }>(selectUnused, [digests]);
      return rows.map(({ digest }) => digest);
    },
  };
}
