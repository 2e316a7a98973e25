import { countInRows } from '../counters/counted-changes-service.ts';
import type { CountedChanges } from '../counters/counted-changes-service.ts';
import type { Storage } from '../storage/postgres.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/**
 * Locks both people in the order of their ids, as everywhere. A follow that comes meanwhile waits, and then
 * sees the block.
 */
const lockBoth: Statement = {
  name: 'lock_two_people',
  text: 'SELECT id FROM users WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE',
};

const selectBlocked: Statement = {
  name: 'select_blocked',
  text: 'SELECT FROM blocks WHERE blocker_id = $2 AND blocked_id = $1',
};

const insertBlock: Statement = {
  name: 'insert_block',
  text: 'INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};

const deleteRequests: Statement = {
  name: 'delete_requests_of_two',
  text: `
    DELETE FROM follow_requests
    WHERE (follower_id = $1 AND followed_id = $2) OR (follower_id = $2 AND followed_id = $1)`,
};

const deleteFollows: Statement = {
  name: 'delete_follows_of_two',
  text: `
    WITH removed AS (
      DELETE FROM follows
      WHERE (follower_id = $1 AND followed_id = $2) OR (follower_id = $2 AND followed_id = $1)
      RETURNING followed_id
    )
    UPDATE users SET follower_count = follower_count - 1, followers_version = followers_version + 1
    FROM removed WHERE users.id = removed.followed_id RETURNING users.id, users.followers_version AS version`,
};

/** The same where followers are counted apart. */
const deleteFollowsApart: Statement = {
  name: 'delete_follows_of_two_apart',
  text: `
    WITH removed AS (
      DELETE FROM follows
      WHERE (follower_id = $1 AND followed_id = $2) OR (follower_id = $2 AND followed_id = $1)
      RETURNING followed_id
    )
    UPDATE users SET followers_version = followers_version + 1
    FROM removed WHERE users.id = removed.followed_id RETURNING users.id, users.followers_version AS version`,
};

const followsOfTwo = { inRow: deleteFollows, apart: deleteFollowsApart };

const deleteBlock: Statement = {
  name: 'delete_block',
  text: 'DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2',
};

/** A person who has lost a follower. */
export type LostFollower = { readonly id: number; readonly version: number };

export type BlockStore = ReturnType<typeof createBlockStore>;

export function createBlockStore(
  storage: Pick<Storage, 'transaction'> & Queries,
  counted: CountedChanges = countInRows(storage),
) {
  return {
    /** Ends what there was between the two. Those who lost a follower by it; undefined when one of the two is not there, for the other. */
    add: (blockerId: number, blockedId: number): Promise<readonly LostFollower[] | undefined> =>
      storage.transaction(async (queries) => {
        const both = [blockerId, blockedId];
        if ((await queries.query(lockBoth, both)).length < 2) return undefined;
        if ((await queries.query(selectBlocked, both)).length > 0) return undefined;
        await queries.query(insertBlock, both);
        await queries.query(deleteRequests, both);
        return counted.change<LostFollower>(
          followsOfTwo,
          both,
          ({ id }) => ({ of: 'followers', id, by: -1 }),
          queries,
        );
      }),
    async remove(blockerId: number, blockedId: number): Promise<void> {
      await storage.query(deleteBlock, [blockerId, blockedId]);
    },
  };
}
