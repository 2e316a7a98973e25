import type { Queries, Statement } from '../storage/statement.ts';

/** Those that nobody has claimed, or whose claim has run out because its process has died. */
const claimPictures: Statement = {
  name: 'claim_pictures_to_forget',
  text: `
    UPDATE pictures_to_forget SET claimed_until = to_timestamp($2 / 1000.0)
    WHERE digest IN (
      SELECT digest FROM pictures_to_forget WHERE claimed_until <= to_timestamp($1 / 1000.0)
      ORDER BY digest LIMIT $3 FOR UPDATE SKIP LOCKED
    ) RETURNING digest`,
};

const selectUsed: Statement = {
  name: 'select_used_digests',
  text: `
    SELECT digest FROM unnest($1::text[]) AS given (digest)
    WHERE EXISTS (SELECT FROM photos WHERE photos.digest = given.digest)`,
};

/** Not those that were noted anew since they were claimed. */
const deletePictures: Statement = {
  name: 'delete_pictures_to_forget',
  text: 'DELETE FROM pictures_to_forget WHERE digest = ANY ($1::text[]) AND claimed_until = to_timestamp($2 / 1000.0)',
};

const releasePictures: Statement = {
  name: 'release_pictures_to_forget',
  text: `
    UPDATE pictures_to_forget SET claimed_until = '-infinity'
    WHERE digest = ANY ($1::text[]) AND claimed_until = to_timestamp($2 / 1000.0)`,
};

export type ForgottenPicturesStore = ReturnType<typeof createForgottenPicturesStore>;

/** The pictures that deletions of accounts have left to be removed. */
export function createForgottenPicturesStore(storage: Queries) {
  return {
    async claim(nowMs: number, untilMs: number, most: number): Promise<readonly string[]> {
      const rows = await storage.query<{ readonly digest: string }>(claimPictures, [nowMs, untilMs, most]);
      return rows.map(({ digest }) => digest);
    },
    async usedAmong(digests: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await storage.query<{ readonly digest: string }>(selectUsed, [digests]);
      return new Set(rows.map(({ digest }) => digest));
    },
    /** They are gone, or shown. `untilMs` names the claim. */
    async finish(digests: readonly string[], untilMs: number): Promise<void> {
      await storage.query(deletePictures, [digests, untilMs]);
    },
    /** Whoever comes next tries again. */
    async release(digests: readonly string[], untilMs: number): Promise<void> {
      await storage.query(releasePictures, [digests, untilMs]);
    },
  };
}
