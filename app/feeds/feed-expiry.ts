import type { Clock } from '../clock.ts';
import type { Chore } from '../outbox/consumer.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** A part of what has expired: no statement takes long, however much it is. */
const deleteExpiredRows: Statement = {
  name: 'delete_expired_feed_rows',
  text: `
    WITH gone AS (
      DELETE FROM feed_rows
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM feed_rows WHERE expires_at <= $1::timestamptz LIMIT $2))
      RETURNING 1
    )
    SELECT count(*)::integer AS rows FROM gone`,
};

/** A feed whose rows may be gone is no kept feed; whoever reads it fills it anew. */
const deleteExpiredFeeds: Statement = {
  name: 'delete_expired_feeds',
  text: 'DELETE FROM feeds WHERE expires_at <= $1::timestamptz',
};

const rowsPerStatement = 5_000;
const expireEveryMs = 60_000;

/** Removes what has expired by the world's clock, and says how many rows that were. */
export async function expireFeeds(storage: Queries, clock: Clock): Promise<number> {
  const now = new Date(clock.now()).toISOString();
  await storage.query(deleteExpiredFeeds, [now]);
  let removed = 0;
  for (let last = rowsPerStatement; last === rowsPerStatement; removed += last) {
    const [row] = await storage.query<{ rows: number }>(deleteExpiredRows, [now, rowsPerStatement]);
    last = row?.rows ?? 0;
  }
  return removed;
}

/** What a worker does about it now and then. */
export function createFeedExpiry(storage: Queries, clock: Clock): Chore {
  return {
    name: 'expiry of feeds',
    everyMs: expireEveryMs,
    run: async () => void (await expireFeeds(storage, clock)),
  };
}
