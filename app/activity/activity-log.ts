import type { Clock } from '../clock.ts';
import { messageTypes } from '../outbox/consumer.ts';
import type { Chore, Consumer } from '../outbox/consumer.ts';
import type { Queries, Statement } from '../storage/statement.ts';

/** What people did is kept for so long. */
const keptMs = 30 * 24 * 3_600_000;
const removeEveryMs = 60_000;
/** A statement removes no more than it can within its bound, and a chore has its end. */
const removedAtOnceMax = 1_000;
const removalsMax = 20;

/** The members of payloads that are ids of people. */
const personFields = ['ownerId', 'postOwnerId', 'likerId', 'commenterId', 'followerId', 'followedId'];

/** Keeps nothing of a person whose account is gone, and no action whose payload names such a person. */
const insertActivity: Statement = {
  name: 'insert_activity',
  text: `
    INSERT INTO activity (user_id, message_id, type, payload, created_at, expires_at)
    SELECT id, $2, $3, $4, to_timestamp($5::double precision / 1000), to_timestamp($6::double precision / 1000)
    FROM users WHERE id = $1 AND NOT EXISTS (
      SELECT FROM unnest($7::integer[]) AS named (id) WHERE NOT EXISTS (SELECT FROM users AS person WHERE person.id = named.id)
    )
    ON CONFLICT DO NOTHING`,
};

const deleteExpired: Statement = {
  name: 'delete_expired_activity',
  text: `
    DELETE FROM activity WHERE (user_id, message_id) IN (
      SELECT user_id, message_id FROM activity WHERE expires_at <= to_timestamp($1::double precision / 1000)
      ORDER BY expires_at LIMIT ${removedAtOnceMax}
    ) RETURNING message_id`,
};

/**
 * Keeps what each person did, but not whom one has blocked: that is in `blocks` for as long as it holds, and nowhere else. The id of a
 * message is that of its row, so that a message that comes again adds nothing.
 */
export function createActivityLog(): Consumer {
  return {
    name: 'activity',
    takes: messageTypes.filter((type) => type !== 'blocked'),
    async consume({ id, authorId, type, payload, createdAtMs }, queries) {
      const people = personFields.flatMap((name) => {
        const person = payload[name];
        return typeof person === 'number' ? [person] : [];
      });
      const expiresAtMs = createdAtMs + keptMs;
      await queries.query(insertActivity, [authorId, id, type, payload, createdAtMs, expiresAtMs, people]);
    },
  };
}

/** Removes what has been kept for long enough by the clock of the world. */
export function createActivityExpiry(storage: Queries, clock: Clock): Chore {
  return {
    name: 'expiry of activity',
    everyMs: removeEveryMs,
    async run() {
      for (let times = 0; times < removalsMax; times += 1) {
        const removed = await storage.query(deleteExpired, [clock.now()]);
        if (removed.length < removedAtOnceMax) return;
      }
    },
  };
}
