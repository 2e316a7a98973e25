import { countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges } from '../counters/counted-changes-service.ts';
import { pageSizes } from '../contract/entities.ts';
import { comesAfterPosition, listStart, microsecondsOf, toPage } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import type { Follower } from './follow-store.ts';

/** The people who would like to follow someone, newest first. */
export type RequestPage = { readonly people: readonly Follower[]; readonly nextCursor: string | null };

/** Only where the person is private: everybody else is followed at once. */
const insertRequest: Statement = {
  name: 'insert_follow_request',
  text: `
    INSERT INTO follow_requests (follower_id, followed_id)
    SELECT $1, id FROM users WHERE id = $2 AND is_private
    ON CONFLICT (follower_id, followed_id) DO UPDATE SET is_accepted = follow_requests.is_accepted
    RETURNING follower_id`,
};

const deleteRequest: Statement = {
  name: 'delete_follow_request',
  text: 'DELETE FROM follow_requests WHERE follower_id = $1 AND followed_id = $2 RETURNING follower_id',
};

/**
 * The trigger on follows lets somebody follow a private person only where an accepted request is there, and removes
 * that request. The two people are locked before the request, in the order of their ids: so do blocks and deletions
 * of accounts, and none of them waits for another in a circle.
 */
const acceptedRequest = `locked AS MATERIALIZED (
      SELECT id FROM users WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE
    ), accepted AS (
      UPDATE follow_requests SET is_accepted = true
      WHERE follower_id = $1 AND followed_id = $2 AND (SELECT count(*) FROM locked) = 2
      RETURNING follower_id, followed_id
    )`;

const acceptRequest: Statement = {
  name: 'accept_follow_request',
  text: `
    WITH ${acceptedRequest}, added AS (
      INSERT INTO follows (follower_id, followed_id) SELECT follower_id, followed_id FROM accepted
      ON CONFLICT DO NOTHING RETURNING followed_id
    ), raised AS (
      UPDATE users SET follower_count = follower_count + 1, followers_version = followers_version + 1
      FROM added WHERE users.id = added.followed_id RETURNING users.followers_version
    )
    SELECT raised.followers_version FROM accepted LEFT JOIN raised ON true`,
};

/** The same where followers are counted apart. */
const acceptRequestApart: Statement = {
  name: 'accept_follow_request_apart',
  text: `
    WITH ${acceptedRequest}, added AS (
      INSERT INTO follows (follower_id, followed_id) SELECT follower_id, followed_id FROM accepted
      ON CONFLICT DO NOTHING RETURNING followed_id
    ), raised AS (
      UPDATE users SET followers_version = followers_version + 1
      FROM added WHERE users.id = added.followed_id RETURNING users.followers_version
    )
    SELECT raised.followers_version FROM accepted LEFT JOIN raised ON true`,
};

const oneAcceptance = { inRow: acceptRequest, apart: acceptRequestApart };

const selectRequests: Statement = {
  name: 'select_follow_requests',
  text: `
    SELECT follow_requests.follower_id AS id, followers.name,
      ${microsecondsOf('follow_requests.created_at')} AS created_at_us
    FROM follow_requests JOIN users AS followers ON followers.id = follow_requests.follower_id
    WHERE follow_requests.followed_id = $1
      AND ${comesAfterPosition('follow_requests.created_at, follow_requests.follower_id')}
    ORDER BY follow_requests.created_at DESC, follow_requests.follower_id DESC LIMIT $4`,
};

export type FollowRequestStore = ReturnType<typeof createFollowRequestStore>;

export function createFollowRequestStore(storage: Queries, counted: CountedChanges = countInRows(storage)) {
  return {
    /** False where the person is not private, or not there. Asking twice is asking once. */
    async add(followerId: number, followedId: number): Promise<boolean> {
      return (await storage.query(insertRequest, [followerId, followedId])).length > 0;
    },
    /** Whether there was one. */
    async remove(followerId: number, followedId: number): Promise<boolean> {
      return (await storage.query(deleteRequest, [followerId, followedId])).length > 0;
    },
    /** The new version of the followers, null when that one follows already; undefined when there is no request. */
    async accept(followerId: number, followedId: number): Promise<number | null | undefined> {
      type Row = { readonly followers_version: number | null };
      const [row] = await counted.change<Row>(
        oneAcceptance,
        [followerId, followedId],
        ({ followers_version }) =>
          followers_version === null ? null : { of: 'followers', id: followedId, by: 1 },
      );
      return row?.followers_version;
    },
    async list(followedId: number, from: Position = listStart): Promise<RequestPage> {
      type Row = { readonly id: number; readonly name: string; readonly created_at_us: string };
      const values = [followedId, from.createdAtUs, from.id, pageSizes.followers + 1];
      const { page, nextCursor } = toPage(
        await storage.query<Row>(selectRequests, values),
        pageSizes.followers,
      );
      return { people: page.map(({ id, name }) => ({ id, name })), nextCursor };
    },
  };
}
