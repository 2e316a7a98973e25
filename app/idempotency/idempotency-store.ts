import type { Queries, Statement } from '../storage/statement.ts';

/** Keys are remembered for a day, and of each person the newest so many: a client asks again within minutes. */
const ageMsMax = 24 * 3_600_000;
const keysPerPersonMax = 1_000;
/**
 * Longer than any write takes: afterwards its process is dead, and the key may be claimed anew. The longest one is a post behind 33
 * others, of which two are decoded at once for ten seconds each: three minutes, and then some for its own pictures and its row.
 */
const claimMs = 300_000;
/** Each claim removes so many keys at most that are too old or too many: more than it adds. */
const forgottenAtOnce = 20;

/** Those that are too many are chosen within a part of its own, since PostgreSQL also locks the rows that OFFSET leaves out. */
const claimKey: Statement = {
  name: 'claim_idempotency_key',
  text: `
    WITH too_old AS (
      SELECT person_id, key FROM idempotency_keys WHERE created_at <= $7 AND (person_id, key) <> ($1, $2)
      ORDER BY created_at LIMIT ${forgottenAtOnce} FOR UPDATE SKIP LOCKED
    ), too_many AS (
      SELECT person_id, key FROM idempotency_keys WHERE person_id = $1 AND key IN (
        SELECT key FROM idempotency_keys WHERE person_id = $1 AND key <> $2
        ORDER BY created_at DESC OFFSET ${keysPerPersonMax - 1} LIMIT ${forgottenAtOnce}
      ) FOR UPDATE SKIP LOCKED
    ), forgotten AS (
      DELETE FROM idempotency_keys WHERE (person_id, key) IN (TABLE too_old UNION TABLE too_many)
    )
    INSERT INTO idempotency_keys AS known (person_id, key, fingerprint, claim, claimed_until, created_at)
    SELECT id, $2, $3, $4, $5, $6 FROM users WHERE id = $1
    ON CONFLICT (person_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_until = excluded.claimed_until,
      created_at = excluded.created_at, status = NULL, content_type = NULL, body = NULL
    WHERE known.created_at <= $7 OR (known.status IS NULL AND known.claimed_until <= $6)
    RETURNING claim`,
};

const selectKey: Statement = {
  name: 'select_idempotency_key',
  text: 'SELECT fingerprint, status, content_type, body FROM idempotency_keys WHERE person_id = $1 AND key = $2',
};

const updateAnswer: Statement = {
  name: 'update_idempotency_answer',
  text: `
    UPDATE idempotency_keys SET status = $4, content_type = $5, body = $6
    WHERE person_id = $1 AND key = $2 AND claim = $3`,
};

const deleteClaim: Statement = {
  name: 'delete_idempotency_claim',
  text: 'DELETE FROM idempotency_keys WHERE person_id = $1 AND key = $2 AND claim = $3',
};

/** A key of a person, and the request that may use it. */
export type KeyedRequest = { readonly personId: number; readonly key: string; readonly fingerprint: string };

/** The right to do a write for a key and to keep its answer. */
export type Claim = { readonly personId: number; readonly key: string; readonly claim: string };

export type KeptAnswer = {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
};

/** What is known of a key: who may use it now, or what the first request with it was and was answered; null: not yet. */
export type KnownKey =
  | { readonly claimed: Claim }
  | { readonly claimed: null; readonly fingerprint: string; readonly answer: KeptAnswer | null };

export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>;

export function createIdempotencyStore(storage: Queries, now: () => number, uniqueId: () => string) {
  const claim = async ({ personId, key, fingerprint }: KeyedRequest): Promise<Claim | null> => {
    const nowMs = now();
    const times = [nowMs + claimMs, nowMs, nowMs - ageMsMax].map((ms) => new Date(ms).toISOString());
    const own = uniqueId();
    const rows = await storage.query(claimKey, [personId, key, fingerprint, own, ...times]);
    return rows.length === 0 ? null : { personId, key, claim: own };
  };
  const find = async ({ personId, key }: KeyedRequest): Promise<KnownKey | null> => {
    type Row = {
      fingerprint: string;
      status: number | null;
      content_type: string | null;
      body: string | null;
    };
    const [row] = await storage.query<Row>(selectKey, [personId, key]);
    if (row === undefined) return null;
    const { fingerprint, status, content_type: contentType, body } = row;
    const answer = status === null ? null : { status, contentType, body: body ?? '' };
    return { claimed: null, fingerprint, answer };
  };
  return {
    /** Claims a key that nobody uses. Null when there is no such person. */
    async claim(request: KeyedRequest): Promise<KnownKey | null> {
      // Between the two statements, the request that used the key may have let it go: then it can be claimed.
      for (const _ of [1, 2]) {
        const claimed = await claim(request);
        if (claimed !== null) return { claimed };
        const known = await find(request);
        if (known !== null) return known;
      }
      return null;
    },
    async keep({ personId, key, claim: own }: Claim, answer: KeptAnswer): Promise<void> {
      const { status, contentType, body } = answer;
      await storage.query(updateAnswer, [personId, key, own, status, contentType, body]);
    },
    /** Lets a key go whose write has failed in passing, so that it may be tried again. */
    async release({ personId, key, claim: own }: Claim): Promise<void> {
      await storage.query(deleteClaim, [personId, key, own]);
    },
  };
}
