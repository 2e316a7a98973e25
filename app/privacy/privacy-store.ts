import type { Queries, Statement } from '../storage/statement.ts';

/** More than all replicas have room for. */
const followersMax = 1_000_001;

/** How many follow the person, and thus may still see them. Undefined where there is no such person. */
const selectFollowerCount: Statement = {
  name: 'select_follower_count',
  text: 'SELECT follower_count FROM users WHERE id = $1',
};

/** The same where followers are counted apart, so that the column has not all of them: their rows, as far as their number matters. */
const countFollowers: Statement = {
  name: 'count_followers',
  text: `
    SELECT (SELECT count(*)::integer FROM (SELECT FROM follows WHERE followed_id = users.id LIMIT ${followersMax}) AS known)
      AS follower_count
    FROM users WHERE id = $1`,
};

const updatePrivacy: Statement = {
  name: 'update_privacy',
  text: 'UPDATE users SET is_private = $2 WHERE id = $1 AND is_private <> $2',
};

export type PrivacyStore = ReturnType<typeof createPrivacyStore>;

export function createPrivacyStore(storage: Queries, areCountsApart = false) {
  const selectCount = areCountsApart ? countFollowers : selectFollowerCount;
  return {
    async followerCount(personId: number): Promise<number | undefined> {
      type Row = { readonly follower_count: number };
      const [row] = await storage.query<Row>(selectCount, [personId]);
      return row?.follower_count;
    },
    async change(personId: number, isPrivate: boolean): Promise<void> {
      await storage.query(updatePrivacy, [personId, isPrivate]);
    },
  };
}
