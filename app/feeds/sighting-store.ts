import type { Queries, Statement } from '../storage/statement.ts';

/** Two people whom nobody else uses. */
export type Witnesses = { readonly authorId: number; readonly followerId: number };

export type Sighting = {
  readonly postId: number;
  readonly postedAtMs: number;
  readonly seenAfterMs: number;
  /** It was given up, after so long. */
  readonly isTimeout: boolean;
};

const selectWitnesses: Statement = {
  name: 'select_witnesses',
  text: 'SELECT author_id, follower_id FROM feed_witnesses ORDER BY author_id LIMIT 1',
};

const insertSighting: Statement = {
  name: 'insert_sighting',
  text: `
    INSERT INTO feed_sightings (post_id, posted_at, seen_after_ms, is_timeout) VALUES ($1, $2::timestamptz, $3, $4)
    ON CONFLICT DO NOTHING`,
};

export type SightingStore = ReturnType<typeof createSightingStore>;

export function createSightingStore(storage: Queries) {
  return {
    /** Undefined for a database that has none. */
    async loadWitnesses(): Promise<Witnesses | undefined> {
      const [row] = await storage.query<{ author_id: number; follower_id: number }>(selectWitnesses, []);
      return row && { authorId: row.author_id, followerId: row.follower_id };
    },
    async add({ postId, postedAtMs, seenAfterMs, isTimeout }: Sighting): Promise<void> {
      await storage.query(insertSighting, [
        postId,
        new Date(postedAtMs).toISOString(),
        seenAfterMs,
        isTimeout,
      ]);
    },
  };
}
