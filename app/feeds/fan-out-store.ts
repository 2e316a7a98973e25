import { comesAfterPosition, listStart, microsecondsOf } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import { readerLocks } from './feed-rows-store.ts';

/** Numbers of advisory locks that nothing else takes: what writes rows of one author into feeds, or takes them out, takes turns. */
const authorLocks = 8_413_015;

/** One after another, as they are given. */
const lockFeeds: Statement = {
  name: 'lock_feeds',
  text: 'SELECT pg_advisory_xact_lock(kind, id) FROM unnest($1::integer[], $2::integer[]) AS wanted (kind, id)',
};

const selectAuthor: Statement = {
  name: 'select_author',
  text: `
    SELECT follower_count, EXISTS (SELECT FROM feed_witnesses WHERE author_id = users.id) AS is_witness
    FROM users WHERE id = $1`,
};

/** The same where followers are counted apart, so that the column has not all of them: their rows, up to so many. */
const countAuthor: Statement = {
  name: 'count_author',
  text: `
    SELECT (SELECT count(*)::integer FROM (SELECT FROM follows WHERE followed_id = users.id LIMIT $2) AS known) AS follower_count,
      EXISTS (SELECT FROM feed_witnesses WHERE author_id = users.id) AS is_witness
    FROM users WHERE id = $1`,
};

const insertPulledAuthor: Statement = {
  name: 'insert_pulled_author',
  text: 'INSERT INTO pulled_authors (author_id) VALUES ($1) ON CONFLICT DO NOTHING',
};

/** Writes a post into the feeds of some followers, those who follow the shortest time first. */
const fanOutPost: Statement = {
  name: 'fan_out_post',
  text: `
    WITH chosen AS MATERIALIZED (
      SELECT follows.follower_id, follows.created_at AS followed_at, photos.created_at, photos.owner_id
      FROM photos CROSS JOIN LATERAL (
        SELECT follower_id, created_at FROM follows
        WHERE followed_id = photos.owner_id AND ${comesAfterPosition('created_at, follower_id')}
        ORDER BY created_at DESC, follower_id DESC LIMIT $4
      ) AS follows
      WHERE photos.id = $1 AND photos.deleted_at IS NULL
    ), added AS (
      INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
      SELECT follower_id, created_at, $1, owner_id, $5::timestamptz FROM chosen
      ON CONFLICT DO NOTHING RETURNING reader_id
    )
    SELECT (SELECT coalesce(array_agg(reader_id), '{}') FROM added) AS readers, last.follower_id,
      ${microsecondsOf('last.followed_at')} AS followed_at_us
    FROM (SELECT follower_id, followed_at FROM chosen ORDER BY followed_at, follower_id LIMIT 1) AS last`,
};

/** How many rows a feed gets between two cuts, on average. A power of two. */
const rowsBetweenCuts = 32;

/**
 * Cuts the feeds of a part of the followers back to the rows that a feed may have. Each post draws another part, so that a feed is
 * cut once in so many of its rows, and counting them all is not needed. What another worker changes in this moment is left to it, or to
 * the next cut: nobody waits for a cut, whatever the order of the feeds.
 */
const cutFeeds: Statement = {
  name: 'cut_feeds',
  text: `
    WITH last AS MATERIALIZED (
      SELECT follows.follower_id AS reader_id, edge.created_at, edge.post_id
      FROM follows CROSS JOIN LATERAL (
        SELECT created_at, post_id FROM feed_rows WHERE reader_id = follows.follower_id
        ORDER BY created_at DESC, post_id DESC OFFSET $3 - 1 LIMIT 1
      ) AS edge
      WHERE follows.followed_id = $1 AND (hashint4(follows.follower_id) # hashint4($2)) & ${rowsBetweenCuts - 1} = 0
    ), held AS MATERIALIZED (
      SELECT feeds.reader_id FROM last JOIN feeds ON feeds.reader_id = last.reader_id FOR UPDATE OF feeds SKIP LOCKED
    ), cut AS (
      DELETE FROM feed_rows WHERE ctid = ANY (ARRAY(
        SELECT deeper.ctid FROM last JOIN feed_rows AS deeper ON deeper.reader_id = last.reader_id
          AND (deeper.created_at, deeper.post_id) < (last.created_at, last.post_id)
        WHERE last.reader_id IN (SELECT reader_id FROM held)
          OR NOT EXISTS (SELECT FROM feeds WHERE feeds.reader_id = last.reader_id)
        FOR UPDATE OF deeper SKIP LOCKED
      )) RETURNING reader_id
    )
    UPDATE feeds SET horizon_at = last.created_at, horizon_id = last.post_id
    FROM last
    WHERE feeds.reader_id = last.reader_id AND last.reader_id IN (SELECT reader_id FROM cut)
      AND (last.created_at, last.post_id) > (coalesce(feeds.horizon_at, '-infinity'), coalesce(feeds.horizon_id, 0))`,
};

/**
 * Removes a deleted post from the feeds of those who follow its owner. Other feeds have it only where the message of
 * an unfollow still waits, or was given up; once that is done, it removes the post there.
 */
const removePost: Statement = {
  name: 'remove_post_from_feeds',
  text: `
    DELETE FROM feed_rows USING photos, follows
    WHERE photos.id = $1 AND photos.deleted_at IS NOT NULL AND follows.followed_id = photos.owner_id
      AND feed_rows.reader_id = follows.follower_id AND feed_rows.created_at = photos.created_at
      AND feed_rows.post_id = photos.id
    RETURNING feed_rows.reader_id`,
};

/**
 * Removes an author's posts from the feed of a reader, unless the reader follows again by now: a message that was
 * given up and is replayed comes after that of the new follow, and nothing would bring the posts back.
 */
const removeAuthor: Statement = {
  name: 'remove_author_from_feed',
  text: `
    DELETE FROM feed_rows WHERE reader_id = $1 AND owner_id = $2
      AND NOT EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followed_id = $2)
    RETURNING reader_id`,
};

/**
 * Removes an author's posts from the feeds of people who unfollowed the author by a message that was given up. Nobody
 * else has such posts for good without following. The dead letters name these people; rows of an author could not be
 * found without their readers.
 */
const removeStrangers: Statement = {
  name: 'remove_author_from_feeds_of_strangers',
  text: `
    DELETE FROM feed_rows USING outbox_dead_letters AS given_up
    WHERE given_up.type = 'unfollowed' AND (given_up.payload ->> 'followedId')::integer = $1
      AND feed_rows.reader_id = given_up.author_id AND feed_rows.owner_id = $1
      AND NOT EXISTS (SELECT FROM follows WHERE follower_id = given_up.author_id AND followed_id = $1)
    RETURNING feed_rows.reader_id`,
};

/** Brings the newest posts of a followed person into a feed that is kept. Where there may be more of them, the horizon comes nearer. */
const addAuthor: Statement = {
  name: 'add_author_to_feed',
  text: `
    WITH newest AS MATERIALIZED (
      SELECT own.id, own.created_at, own.owner_id
      FROM follows CROSS JOIN LATERAL (
        SELECT id, created_at, owner_id FROM photos
        WHERE owner_id = follows.followed_id AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT $3
      ) AS own
      WHERE follows.follower_id = $1 AND follows.followed_id = $2
    ), added AS (
      INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
      SELECT feeds.reader_id, newest.created_at, newest.id, newest.owner_id, $4::timestamptz
      FROM newest JOIN feeds ON feeds.reader_id = $1
        AND (newest.created_at, newest.id) >= (coalesce(feeds.horizon_at, '-infinity'), coalesce(feeds.horizon_id, 0))
      ON CONFLICT DO NOTHING RETURNING reader_id
    ), moved AS (
      UPDATE feeds SET horizon_at = oldest.created_at, horizon_id = oldest.id
      FROM (SELECT created_at, id FROM newest ORDER BY created_at, id LIMIT 1) AS oldest
      WHERE feeds.reader_id = $1 AND (SELECT count(*) FROM newest) >= $3
        AND (oldest.created_at, oldest.id) > (coalesce(feeds.horizon_at, '-infinity'), coalesce(feeds.horizon_id, 0))
    )
    SELECT reader_id FROM added`,
};

const notifyReaders: Statement = {
  name: 'notify_readers',
  text: 'SELECT pg_notify($1, $2)',
};

/** Whom a change of feeds is told to: payloads are ids of readers with commas between them, or `all`. */
export const feedChannel = 'darkroom_feeds';
/** A payload has less than 8,000 bytes; an id has ten digits at most. */
const readersPerNotification = 500;
/** A part of a fan-out takes well below the time that a statement may take. */
const followersPerStatement = 5_000;

export type Author = { readonly followers: number; readonly isWitness: boolean };

type AuthorRow = { readonly follower_count: number; readonly is_witness: boolean };
const authorOf = ([row]: readonly AuthorRow[]): Author | undefined =>
  row && { followers: row.follower_count, isWitness: row.is_witness };

/**
 * The authors whose posts are written into feeds or taken out of them, and the readers who follow others than before.
 */
export type Involved = { readonly authors: readonly number[]; readonly readers: readonly number[] };

const locksOf = (kind: number, ids: readonly number[]) =>
  [...new Set(ids)].sort((a, b) => a - b).map((id) => ({ kind, id }));

type Reader = { reader_id: number };
const readersOf = (rows: readonly Reader[]): number[] => rows.map(({ reader_id }) => reader_id);

export type FanOutStore = ReturnType<typeof createFanOutStore>;

/** The rows of kept feeds, as consumers of the outbox change them. Lives as long as their transaction. */
export function createFanOutStore(queries: Queries) {
  return {
    /** In one order, which is that of all workers: readers before authors, and each by their ids. */
    async lock({ authors, readers }: Involved): Promise<void> {
      const locks = [...locksOf(readerLocks, readers), ...locksOf(authorLocks, authors)];
      await queries.query(lockFeeds, [locks.map(({ kind }) => kind), locks.map(({ id }) => id)]);
    },
    /** Undefined when there is no such person. */
    loadAuthor: async (authorId: number): Promise<Author | undefined> =>
      authorOf(await queries.query<AuthorRow>(selectAuthor, [authorId])),
    /** The same by the rows of the followers, of whom so many are counted at most. */
    countAuthor: async (authorId: number, followersMax: number): Promise<Author | undefined> =>
      authorOf(await queries.query<AuthorRow>(countAuthor, [authorId, followersMax])),
    async pullFrom(authorId: number): Promise<void> {
      await queries.query(insertPulledAuthor, [authorId]);
    },
    /** The readers in whose feeds the post was not before. */
    async push(postId: number, expiresAtMs: number): Promise<number[]> {
      type Row = { readers: number[]; follower_id: number; followed_at_us: string };
      const expiresAt = new Date(expiresAtMs).toISOString();
      const readers: number[] = [];
      for (let from: Position | null = listStart; from !== null;) {
        const place: readonly unknown[] = [from.createdAtUs, from.id, followersPerStatement];
        const rows: readonly Row[] = await queries.query<Row>(fanOutPost, [postId, ...place, expiresAt]);
        const [last] = rows;
        for (const reader of last?.readers ?? []) readers.push(reader);
        from = last === undefined ? null : { createdAtUs: last.followed_at_us, id: last.follower_id };
      }
      return readers;
    },
    async cut(authorId: number, postId: number, rows: number): Promise<void> {
      await queries.query(cutFeeds, [authorId, postId, rows]);
    },
    removePost: async (postId: number) => readersOf(await queries.query<Reader>(removePost, [postId])),
    removeAuthor: async (readerId: number, authorId: number) =>
      readersOf(await queries.query<Reader>(removeAuthor, [readerId, authorId])),
    /** For an author who has turned private: removes the posts from the feeds of those who do not follow any more. */
    removeStrangers: async (authorId: number) =>
      readersOf(await queries.query<Reader>(removeStrangers, [authorId])),
    addAuthor: async (readerId: number, authorId: number, rows: number, expiresAtMs: number) =>
      readersOf(
        await queries.query<Reader>(addAuthor, [
          readerId,
          authorId,
          rows,
          new Date(expiresAtMs).toISOString(),
        ]),
      ),
    /** Tells the replicas whose feeds have changed, once the transaction has committed. */
    async tell(readers: readonly number[]): Promise<void> {
      for (let first = 0; first < readers.length; first += readersPerNotification) {
        const payload = readers.slice(first, first + readersPerNotification).join(',');
        await queries.query(notifyReaders, [feedChannel, payload]);
      }
    },
  };
}
