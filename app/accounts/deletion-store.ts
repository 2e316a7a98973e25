import { countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges, CountedStatement, CountedThing } from '../counters/counted-changes-service.ts';
import type { Storage } from '../storage/postgres.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** Rows of one step, so that no statement holds more locks than a write of the service waits for. */
const rowsAtOnce = 200;
/** The same for rows that no write of the service waits for, and whose deletion locks no other rows. */
const ownRowsAtOnce = 2_000;

/**
 * Some of a person's comments on others' photos, the oldest first, as the index of comments by author gives
 * them. Photos are locked in the order of their ids, as everywhere.
 */
const deleteComments: Statement = {
  name: 'delete_comments_of',
  text: `
    WITH removed AS (
      DELETE FROM comments WHERE id IN (SELECT id FROM comments WHERE author_id = $1 ORDER BY created_at, id LIMIT $2)
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

/** The same where likes are counted apart: the rows of the photos stay as they are. */
const deleteLikesApart: Statement = {
  name: 'delete_likes_of_apart',
  text: `
    WITH removed AS (
      DELETE FROM likes WHERE person_id = $1 AND photo_id IN (
        SELECT photo_id FROM likes WHERE person_id = $1 ORDER BY photo_id LIMIT $2
      ) RETURNING photo_id
    )
    SELECT photos.id, photos.version FROM photos JOIN removed ON removed.photo_id = photos.id`,
};

/**
 * The followed people are locked before the follows are deleted, in the order of their ids, as in every statement
 * that ends follows.
 */
const removedFollowing = `locked AS MATERIALIZED (
      SELECT users.id FROM users JOIN (
        SELECT followed_id FROM follows WHERE follower_id = $1 ORDER BY followed_id LIMIT $2
      ) AS chosen ON chosen.followed_id = users.id
      ORDER BY users.id FOR NO KEY UPDATE OF users
    ), removed AS (
      DELETE FROM follows WHERE follower_id = $1 AND followed_id IN (SELECT id FROM locked) RETURNING followed_id
    )`;

const deleteFollowing: Statement = {
  name: 'delete_following_of',
  text: `
    WITH ${removedFollowing}
    UPDATE users SET follower_count = follower_count - 1, followers_version = followers_version + 1
    FROM removed WHERE users.id = removed.followed_id RETURNING users.id, users.followers_version AS version`,
};

/** The same where followers are counted apart. */
const deleteFollowingApart: Statement = {
  name: 'delete_following_of_apart',
  text: `
    WITH ${removedFollowing}
    UPDATE users SET followers_version = followers_version + 1
    FROM removed WHERE users.id = removed.followed_id RETURNING users.id, users.followers_version AS version`,
};

const likesOf = { inRow: deleteLikes, apart: deleteLikesApart };
const followingOf = { inRow: deleteFollowing, apart: deleteFollowingApart };

/**
 * Removes followers of the person, and the person's posts from their feeds: rows of feeds can be found by their
 * readers only, and once the follows are gone nobody knows who these were.
 */
const deleteFollowers: Statement = {
  name: 'delete_followers_of',
  text: `
    WITH person AS MATERIALIZED (
      SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE
    ), removed AS (
      DELETE FROM follows WHERE followed_id = (SELECT id FROM person) AND follower_id IN (
        SELECT follower_id FROM follows WHERE followed_id = $1 ORDER BY created_at DESC LIMIT $2
      ) RETURNING follower_id
    ), unfed AS (
      DELETE FROM feed_rows USING removed WHERE feed_rows.reader_id = removed.follower_id AND feed_rows.owner_id = $1
    )
    SELECT follower_id AS id FROM removed`,
};

/**
 * From then on nobody sees the person's photos, likes them or comments on them, so that they can be emptied in steps.
 */
const hidePhotos: Statement = {
  name: 'hide_photos_of',
  text: `
    WITH locked AS MATERIALIZED (
      SELECT id FROM photos WHERE owner_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT $2 FOR NO KEY UPDATE
    )
    UPDATE photos SET deleted_at = now(), version = version + 1, comments_version = comments_version + 1
    FROM locked WHERE photos.id = locked.id
    RETURNING photos.id, photos.version, photos.comments_version AS "commentsVersion"`,
};

/** Waits for whoever adds a like or a comment in this moment; whoever comes later finds no photo. */
const lockHidden: Statement = {
  name: 'lock_hidden_photos_of',
  text: 'SELECT id FROM photos WHERE owner_id = $1 AND deleted_at IS NOT NULL ORDER BY id LIMIT $2 FOR UPDATE',
};
const deleteTheirLikes: Statement = {
  name: 'delete_likes_on',
  text: `
    DELETE FROM likes WHERE ctid = ANY (ARRAY(SELECT ctid FROM likes WHERE photo_id = ANY ($1::integer[]) LIMIT $2))
    RETURNING photo_id`,
};
const deleteTheirComments: Statement = {
  name: 'delete_comments_on',
  text: `
    DELETE FROM comments WHERE ctid = ANY (ARRAY(SELECT ctid FROM comments WHERE photo_id = ANY ($1::integer[]) LIMIT $2))
    RETURNING photo_id`,
};
/** A picture that is noted already is noted anew: somebody may just have seen that this photo shows it. In order, as all lock them. */
const deletePhotos: Statement = {
  name: 'delete_photos_by_id',
  text: `
    WITH removed AS (DELETE FROM photos WHERE id = ANY ($1::integer[]) RETURNING digest)
    INSERT INTO pictures_to_forget (digest) SELECT DISTINCT digest FROM removed ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET claimed_until = '-infinity'`,
};

/**
 * The events of what is gone, some at a time: somebody popular has millions. Rows of two slices may have the same ctid; then both go, and
 * both belong to these counters.
 */
const deleteEvents: Statement = {
  name: 'delete_counter_events_of',
  text: `
    DELETE FROM counter_events WHERE namespace = ANY ($1::text[]) AND counter = ANY ($2::text[]) AND ctid = ANY (ARRAY(
      SELECT ctid FROM counter_events WHERE namespace = ANY ($1::text[]) AND counter = ANY ($2::text[]) LIMIT $3
    )) RETURNING 1 AS gone`,
};

/** What else was counted apart of what is gone, locked in the order in which all lock counters. Those in Redis expire. */
const deleteCounters: Statement = {
  name: 'delete_counters_of',
  text: `
    WITH old_rollups AS MATERIALIZED (
      SELECT namespace, counter FROM counter_rollups WHERE namespace = ANY ($1::text[]) AND counter = ANY ($2::text[])
      ORDER BY namespace, counter FOR UPDATE
    ), rollups AS (
      DELETE FROM counter_rollups USING old_rollups AS old
      WHERE counter_rollups.namespace = old.namespace AND counter_rollups.counter = old.counter
    ), old_rows AS MATERIALIZED (
      SELECT namespace, counter FROM counter_rows WHERE namespace = ANY ($1::text[]) AND counter = ANY ($2::text[])
      ORDER BY namespace, counter FOR UPDATE
    )
    DELETE FROM counter_rows USING old_rows AS old
    WHERE counter_rows.namespace = old.namespace AND counter_rows.counter = old.counter`,
};

const deleteActivity: Statement = {
  name: 'delete_activity_about',
  text: `
    DELETE FROM activity WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM activity
      WHERE user_id = $1::integer OR coalesce(payload ->> 'postOwnerId', payload ->> 'followedId') = $1::integer::text
      LIMIT $2
    )) RETURNING message_id`,
};

/** What is only about the person, in one function of the database, since other features' tables are among it. */
const deletePerson: Statement = {
  name: 'delete_person',
  text: 'SELECT darkroom_delete_person($1) AS was_there',
};

export type ChangedPhoto = { readonly id: number; readonly version: number };
export type ChangedComments = ChangedPhoto & { readonly commentsVersion: number };

export type DeletionStore = ReturnType<typeof createDeletionStore>;

/** The steps in which an account is deleted. Each does some rows; none is left when it has done fewer than it may. */
export function createDeletionStore(
  storage: Pick<Storage, 'transaction'> & Queries,
  counted: CountedChanges = countInRows(storage),
) {
  const step =
    <Row extends object>(statement: Statement) =>
    (personId: number): Promise<readonly Row[]> =>
      storage.query<Row>(statement, [personId, rowsAtOnce]);
  /** One less is counted of each row that comes back. */
  const lessOf =
    (of: CountedThing, statement: CountedStatement) =>
    (personId: number): Promise<readonly ChangedPhoto[]> =>
      counted.change<ChangedPhoto>(statement, [personId, rowsAtOnce], ({ id }) => ({ of, id, by: -1 }));
  const isFull = (rows: readonly unknown[]): boolean => rows.length >= ownRowsAtOnce;
  /** Does one step, and says whether nothing is left. */
  const forgetCounters = async (
    queries: Queries,
    namespaces: readonly string[],
    ids: readonly number[],
  ): Promise<boolean> => {
    if (!counted.areApart) return true;
    const counters = ids.map(String);
    if (isFull(await queries.query(deleteEvents, [namespaces, counters, ownRowsAtOnce]))) return false;
    await queries.query(deleteCounters, [namespaces, counters]);
    return true;
  };
  const forgetFollowerCount = async (personId: number): Promise<void> => {
    while (!(await forgetCounters(storage, ['followers'], [personId])));
  };
  return {
    areCountsApart: counted.areApart,
    hidePhotos: step<ChangedComments>(hidePhotos),
    /** Some likes, comments and events of hidden photos; once these have none, the photos too. Their pictures are noted to be forgotten. */
    removeHiddenPhotos: (personId: number): Promise<readonly { readonly id: number }[]> =>
      storage.transaction(async (queries) => {
        const photos = await queries.query<{ readonly id: number }>(lockHidden, [personId, rowsAtOnce]);
        const ids = photos.map(({ id }) => id);
        const likes = await queries.query(deleteTheirLikes, [ids, ownRowsAtOnce]);
        const comments = await queries.query(deleteTheirComments, [ids, ownRowsAtOnce]);
        if (isFull(likes) || isFull(comments)) return photos;
        if (await forgetCounters(queries, ['likes', 'views'], ids)) await queries.query(deletePhotos, [ids]);
        return photos;
      }),
    removeComments: step<ChangedComments>(deleteComments),
    removeLikes: lessOf('likes', likesOf),
    removeFollowing: lessOf('followers', followingOf),
    removeFollowers: step<{ readonly id: number }>(deleteFollowers),
    removeActivity: (personId: number): Promise<readonly object[]> =>
      storage.query(deleteActivity, [personId, ownRowsAtOnce]),
    /** Sessions, the account and the person; whether there was one. Rejects with ROW_REFUSED when something was added meanwhile. */
    async removePerson(personId: number): Promise<boolean> {
      // The count of followers goes before the person: a deletion that fails can be asked for again only as long as
      // the person is there. The second call removes what others have counted meanwhile.
      await forgetFollowerCount(personId);
      const [row] = await storage.query<{ readonly was_there: boolean }>(deletePerson, [personId]);
      await forgetFollowerCount(personId);
      return row?.was_there === true;
    },
  };
}
