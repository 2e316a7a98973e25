import { pageSizes } from '../contract/entities.ts';
import { comesAfterPosition, listStart, microsecondsOf, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** The ids of one page of a feed, newest first. */
export type FeedIds = { readonly ids: readonly number[]; readonly nextCursor: string | null };

/**
 * Pull: gathers when reading. Each followed person's newest photos come from an index, at most a page of them, so the work
 * grows with the people followed and not with their photos.
 */
const selectFeed: Statement = {
  name: 'select_feed',
  text: `
    SELECT page.id, ${microsecondsOf('page.created_at')} AS created_at_us
    FROM users LEFT JOIN LATERAL (
      SELECT newest.id, newest.created_at
      FROM follows CROSS JOIN LATERAL (
        SELECT id, created_at FROM photos
        WHERE owner_id = follows.followed_id AND deleted_at IS NULL
          AND ${comesAfterPosition('created_at, id')}
        ORDER BY created_at DESC, id DESC LIMIT $4
      ) AS newest
      WHERE follows.follower_id = users.id
      ORDER BY newest.created_at DESC, newest.id DESC LIMIT $4
    ) AS page ON true
    WHERE users.id = $1
    ORDER BY page.created_at DESC, page.id DESC`,
};

export type FeedStore = ReturnType<typeof createFeedStore>;

export function createFeedStore(storage: Queries) {
  const loadPage = async (viewerId: number, from: Position): Promise<FeedIds | undefined> => {
    type Row = { id: number | null; created_at_us: string };
    const rows = await storage.query<Row>(selectFeed, [
      viewerId,
      from.createdAtUs,
      from.id,
      pageSizes.feed + 1,
    ]);
    if (rows.length === 0) return undefined;
    const photos = rows.flatMap(({ id, created_at_us }) => (id === null ? [] : [{ id, created_at_us }]));
    const { page, nextCursor } = toPage(photos, pageSizes.feed);
    return { ids: page.map((row) => row.id), nextCursor };
  };
  return {
    /** Undefined when there is no such person. */
    loadPage,
    loadFirstPage: (viewerId: number) => loadPage(viewerId, listStart),
  };
}
