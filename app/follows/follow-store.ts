import type { Loaded } from '../cache/entry.ts';
import { countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges } from '../counters/counted-changes-service.ts';
import { pageSizes } from '../contract/entities.ts';
import { comesAfterPosition, listStart, microsecondsOf, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';

export type Follower = { readonly id: number; readonly name: string };

/** How many follow a person, and the newest of them. */
export type Followers = {
  readonly count: number;
  readonly newest: readonly Follower[];
  readonly nextCursor: string | null;
};

const selectFollowers: Statement = {
  name: 'select_followers',
  text: `
    SELECT followed.id AS followed_id, followed.follower_count, followed.followers_version,
      newest.follower_id AS id, followers.name,
      ${microsecondsOf('newest.created_at')} AS created_at_us
    FROM users AS followed LEFT JOIN LATERAL (
      SELECT follower_id, created_at FROM follows
      WHERE followed_id = followed.id
        AND ${comesAfterPosition('created_at, follower_id')}
      ORDER BY created_at DESC, follower_id DESC LIMIT $4
    ) AS newest ON true LEFT JOIN users AS followers ON followers.id = newest.follower_id
    WHERE followed.id = ANY ($1::integer[])
    ORDER BY followed.id, newest.created_at DESC, newest.follower_id DESC`,
};

const insertFollow: Statement = {
  name: 'insert_follow',
  text: `
    WITH added AS (
      INSERT INTO follows (follower_id, followed_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING followed_id
    )
    UPDATE users SET follower_count = follower_count + 1, followers_version = followers_version + 1
    FROM added WHERE users.id = added.followed_id RETURNING users.followers_version`,
};

/** The same where followers are counted apart. */
const insertFollowApart: Statement = {
  name: 'insert_follow_apart',
  text: `
    WITH added AS (
      INSERT INTO follows (follower_id, followed_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING followed_id
    )
    UPDATE users SET followers_version = followers_version + 1
    FROM added WHERE users.id = added.followed_id RETURNING users.followers_version`,
};

/**
 * The followed person is locked before the follow is deleted, as in every statement that ends follows, so that none
 * of them waits for another in a circle.
 */
const removedFollow = `person AS MATERIALIZED (
      SELECT id, is_private FROM users WHERE id = $2 FOR NO KEY UPDATE
    ), removed AS (
      DELETE FROM follows WHERE follower_id = $1 AND followed_id = (SELECT id FROM person) RETURNING followed_id
    )`;

const deleteFollow: Statement = {
  name: 'delete_follow',
  text: `
    WITH ${removedFollow}, changed AS (
      UPDATE users SET follower_count = follower_count - 1, followers_version = followers_version + 1
      FROM removed WHERE users.id = removed.followed_id RETURNING users.id, users.followers_version
    )
    SELECT changed.followers_version, person.is_private FROM person LEFT JOIN changed ON changed.id = person.id`,
};

/** The same where followers are counted apart. */
const deleteFollowApart: Statement = {
  name: 'delete_follow_apart',
  text: `
    WITH ${removedFollow}, changed AS (
      UPDATE users SET followers_version = followers_version + 1
      FROM removed WHERE users.id = removed.followed_id RETURNING users.id, users.followers_version
    )
    SELECT changed.followers_version, person.is_private FROM person LEFT JOIN changed ON changed.id = person.id`,
};

const oneFollow = { inRow: insertFollow, apart: insertFollowApart };
const oneUnfollow = { inRow: deleteFollow, apart: deleteFollowApart };

type Row = {
  followed_id: number;
  follower_count: number;
  followers_version: number;
  id: number | null;
  name: string;
  created_at_us: string;
};

function toFollowers(rows: readonly Row[]): Loaded<Followers> {
  const [followed] = rows as [Row, ...Row[]];
  const followers = rows.flatMap(({ id, name, created_at_us }) =>
    id === null ? [] : [{ id, name, created_at_us }],
  );
  const { page, nextCursor } = toPage(followers, pageSizes.followers);
  return {
    version: followed.followers_version,
    value: { count: followed.follower_count, newest: page.map(({ id, name }) => ({ id, name })), nextCursor },
  };
}

export type Unfollowed = {
  readonly version: number | null;
  /** Whoever unfollows a private person sees them no more. */
  readonly isOfPrivate: boolean;
};

export type FollowStore = ReturnType<typeof createFollowStore>;

export function createFollowStore(storage: Queries, counted: CountedChanges = countInRows(storage)) {
  const loadFrom = async (
    ids: readonly number[],
    from: Position,
  ): Promise<ReadonlyMap<number, Loaded<Followers>>> => {
    const rows = await storage.query<Row>(selectFollowers, [
      ids,
      from.createdAtUs,
      from.id,
      pageSizes.followers + 1,
    ]);
    return new Map(
      [...Map.groupBy(rows, (row) => row.followed_id)].map(([id, own]) => [id, toFollowers(own)] as const),
    );
  };
  return {
    load: (ids: readonly number[]) => loadFrom(ids, listStart),
    loadPage: async (id: number, from: Position) => (await loadFrom([id], from)).get(id),
    /** The new version; undefined when the pair was there already. */
    async add(followerId: number, followedId: number): Promise<number | undefined> {
      type Added = { followers_version: number };
      const [row] = await counted.change<Added>(oneFollow, [followerId, followedId], () => ({
        of: 'followers',
        id: followedId,
        by: 1,
      }));
      return row?.followers_version;
    },
    /** Version null when there was no such pair; undefined when there is no such person to unfollow. */
    async remove(followerId: number, followedId: number): Promise<Unfollowed | undefined> {
      type Removed = { followers_version: number | null; is_private: boolean };
      const [row] = await counted.change<Removed>(
        oneUnfollow,
        [followerId, followedId],
        ({ followers_version }) =>
          followers_version === null ? null : { of: 'followers', id: followedId, by: -1 },
      );
      return row && { version: row.followers_version, isOfPrivate: row.is_private };
    },
  };
}
