import { comesAfterPosition, microsecondsOf } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import type { FeedEntry, PagePlace } from './feed-store.ts';

/** A page of a feed that is kept, as it was written. */
export type KeptPage = {
  readonly entries: readonly FeedEntry[];
  /** Until when the feed is kept; 0: it is not. */
  readonly keptUntilMs: number;
  /** Whether it ends at a horizon, behind which more may have to be gathered. */
  readonly isCut: boolean;
};

/**
 * Numbers of advisory locks that nothing else takes. Changes of one reader's feed by a follow, an unfollow, a block
 * or a fill take turns.
 */
export const readerLocks = 8_413_014;

const lockReader: Statement = {
  name: 'lock_feed_of_reader',
  text: `SELECT set_config('lock_timeout', $2, true), pg_advisory_xact_lock(${readerLocks}, $1)`,
};

/** What lies behind the horizon is not complete, and not read. What was kept in an epoch that has ended is not kept any more. */
const selectKeptFeed: Statement = {
  name: 'select_kept_feed',
  text: `
    SELECT page.post_id AS id, ${microsecondsOf('page.created_at')} AS created_at_us,
      coalesce(extract(epoch FROM feeds.expires_at) * 1000, 0)::double precision AS kept_until_ms,
      feeds.horizon_at IS NOT NULL AS is_cut
    FROM users LEFT JOIN feeds
      ON feeds.reader_id = users.id AND feeds.epoch = (SELECT number FROM feed_epoch)
    LEFT JOIN LATERAL (
      SELECT post_id, created_at FROM feed_rows
      WHERE reader_id = users.id AND ${comesAfterPosition('created_at, post_id')}
        AND (created_at, post_id) >= (coalesce(feeds.horizon_at, '-infinity'), coalesce(feeds.horizon_id, 0))
      ORDER BY created_at DESC, post_id DESC LIMIT $4
    ) AS page ON true
    WHERE users.id = $1
    ORDER BY page.created_at DESC, page.post_id DESC`,
};

/**
 * Keeps the newest posts of everybody who is followed, and removes all other rows. Where there may be more, the
 * oldest of those that are kept is the horizon. The feed's own row is written last: others may hold rows that this
 * statement waits for, and must not have to wait for the feed's row meanwhile.
 */
const fillFeed: Statement = {
  name: 'fill_feed',
  text: `
    WITH gathered AS MATERIALIZED (
      SELECT newest.id, newest.created_at, newest.owner_id
      FROM follows CROSS JOIN LATERAL (
        SELECT id, created_at, owner_id FROM photos
        WHERE owner_id = follows.followed_id AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC LIMIT $2
      ) AS newest
      WHERE follows.follower_id = $1
      ORDER BY newest.created_at DESC, newest.id DESC LIMIT $2
    ), kept AS (
      INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
      SELECT $1, created_at, id, owner_id, $3::timestamptz FROM gathered
      ON CONFLICT (reader_id, created_at, post_id) DO UPDATE SET expires_at = excluded.expires_at
      RETURNING created_at, post_id
    ), others AS (
      DELETE FROM feed_rows WHERE reader_id = $1 AND NOT EXISTS (SELECT FROM gathered WHERE gathered.id = post_id)
    ), horizon AS (
      SELECT created_at, post_id FROM kept WHERE (SELECT count(*) FROM kept) >= $2
      ORDER BY created_at, post_id LIMIT 1
    )
    INSERT INTO feeds (reader_id, horizon_at, horizon_id, expires_at, epoch)
    SELECT users.id, horizon.created_at, horizon.post_id, $3::timestamptz, feed_epoch.number
    FROM feed_epoch CROSS JOIN users LEFT JOIN horizon ON true WHERE users.id = $1
    ON CONFLICT (reader_id) DO UPDATE
    SET horizon_at = excluded.horizon_at, horizon_id = excluded.horizon_id, expires_at = excluded.expires_at,
      epoch = excluded.epoch`,
};

/** A fill is of use later: it waits for nobody who writes into the feed for longer than this. */
const fillLockLimit = '200ms';

export type FeedRowsStore = ReturnType<typeof createFeedRowsStore>;

/** Where a feed is read, and filled in a transaction. */
type Transactions = Queries & {
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
};

/** The rows of kept feeds, as readers need them. */
export function createFeedRowsStore(storage: Transactions) {
  return {
    /** Undefined when there is no such person. */
    async load(viewerId: number, { from, limit }: PagePlace): Promise<KeptPage | undefined> {
      type Row = { id: number | null; created_at_us: string; kept_until_ms: number; is_cut: boolean };
      const values = [viewerId, from.createdAtUs, from.id, limit];
      const rows = await storage.query<Row>(selectKeptFeed, values);
      const [first] = rows;
      if (first === undefined) return undefined;
      return {
        entries: rows.flatMap(({ id, created_at_us }) => (id === null ? [] : [{ id, created_at_us }])),
        keptUntilMs: first.kept_until_ms,
        isCut: first.is_cut,
      };
    },
    /** Gathers the newest `rows` posts of a feed and keeps them until then. */
    fill: (viewerId: number, rows: number, expiresAtMs: number): Promise<void> =>
      storage.transaction(async (queries) => {
        await queries.query(lockReader, [viewerId, fillLockLimit]);
        await queries.query(fillFeed, [viewerId, rows, new Date(expiresAtMs).toISOString()]);
      }),
  };
}
