import { listStart, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Statement, Storage } from '../storage/postgres.ts';

/** Photos on one page of a feed. */
const feedPageSize = 10;

/** The ids of one page of a feed, newest first. */
export type FeedIds = { readonly ids: readonly number[]; readonly nextCursor: string | null };

/**
 * Pull: gathers when reading. Each followed person's newest photos come from an index, at most a page of them, so the work
 * grows with the people followed and not with their photos.
 */
const selectFeed: Statement = {
  name: 'select_feed',
  text: `
    SELECT newest.id, (extract(epoch FROM newest.created_at) * 1000000)::bigint::text AS created_at_us
    FROM follows CROSS JOIN LATERAL (
      SELECT id, created_at FROM photos
      WHERE owner_id = follows.followed_id AND deleted_at IS NULL
        AND (created_at, id) < ('epoch'::timestamptz + $2::bigint * interval '1 microsecond', $3::integer)
      ORDER BY created_at DESC, id DESC LIMIT $4
    ) AS newest
    WHERE follows.follower_id = $1
    ORDER BY newest.created_at DESC, newest.id DESC LIMIT $4`,
};

export type FeedStore = ReturnType<typeof createFeedStore>;

export function createFeedStore(storage: Storage) {
  const loadPage = async (viewerId: number, from: Position): Promise<FeedIds> => {
    type Row = { id: number; created_at_us: string };
    const rows = await storage.query<Row>(selectFeed, [
      viewerId,
      from.createdAtUs,
      from.id,
      feedPageSize + 1,
    ]);
    const { page, nextCursor } = toPage(rows, feedPageSize);
    return { ids: page.map((row) => row.id), nextCursor };
  };
  return { loadPage, loadFirstPage: (viewerId: number) => loadPage(viewerId, listStart) };
}
