import { comesAfterPosition, listStart, microsecondsOf } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** A post of a feed, at its place in it. */
export type FeedEntry = { readonly id: number; readonly created_at_us: string };

/** Where a page of a feed begins, and how many posts it has at most. */
export type PagePlace = { readonly from: Position; readonly limit: number };

export const firstPlace = (limit: number): PagePlace => ({ from: listStart, limit });

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

/** The posts of followed authors that are not fanned out. There are few such authors: they are asked for first. */
const selectPulledFeed: Statement = {
  name: 'select_pulled_feed',
  text: `
    SELECT newest.id, ${microsecondsOf('newest.created_at')} AS created_at_us
    FROM pulled_authors
    JOIN follows ON follows.follower_id = $1 AND follows.followed_id = pulled_authors.author_id
    CROSS JOIN LATERAL (
      SELECT id, created_at FROM photos
      WHERE owner_id = follows.followed_id AND deleted_at IS NULL
        AND ${comesAfterPosition('created_at, id')}
      ORDER BY created_at DESC, id DESC LIMIT $4
    ) AS newest
    ORDER BY newest.created_at DESC, newest.id DESC LIMIT $4`,
};

export type FeedStore = ReturnType<typeof createFeedStore>;

export function createFeedStore(storage: Queries) {
  const ask = <Row extends object>(statement: Statement, viewerId: number, { from, limit }: PagePlace) =>
    storage.query<Row>(statement, [viewerId, from.createdAtUs, from.id, limit]);
  return {
    /** Of everybody whom the viewer follows. Undefined when there is no such person. */
    async gather(viewerId: number, place: PagePlace): Promise<readonly FeedEntry[] | undefined> {
      type Row = { id: number | null; created_at_us: string };
      const rows = await ask<Row>(selectFeed, viewerId, place);
      if (rows.length === 0) return undefined;
      return rows.flatMap(({ id, created_at_us }) => (id === null ? [] : [{ id, created_at_us }]));
    },
    /** Of the followed authors whose posts are not fanned out. */
    gatherPulled: (viewerId: number, place: PagePlace): Promise<readonly FeedEntry[]> =>
      ask<FeedEntry>(selectPulledFeed, viewerId, place),
  };
}
