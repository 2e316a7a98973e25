import type { Queries, Statement } from '../storage/statement.ts';

export type Session = { readonly personId: number; readonly expiresAtMs: number };

const insertSession: Statement = {
  name: 'insert_session',
  text: `
    INSERT INTO sessions (token_hash, person_id, created_at, expires_at)
    SELECT $1, id, to_timestamp($3 / 1000.0), to_timestamp($4 / 1000.0) FROM users WHERE id = $2`,
};

/** Those that have expired, and the oldest where there are too many. */
const deleteOutdated: Statement = {
  name: 'delete_outdated_sessions',
  text: `
    DELETE FROM sessions WHERE person_id = $1 AND (
      expires_at <= to_timestamp($2 / 1000.0) OR token_hash NOT IN (
        SELECT token_hash FROM sessions WHERE person_id = $1 ORDER BY created_at DESC, token_hash LIMIT $3
      ))`,
};

const selectSession: Statement = {
  name: 'select_session',
  text: 'SELECT person_id, extract(epoch FROM expires_at) * 1000 AS expires_at_ms FROM sessions WHERE token_hash = $1',
};

const selectSessions: Statement = {
  name: 'select_sessions',
  text: `
    SELECT token_hash, person_id, extract(epoch FROM expires_at) * 1000 AS expires_at_ms FROM sessions
    WHERE token_hash = ANY ($1::bytea[])`,
};

const deleteSession: Statement = {
  name: 'delete_session',
  text: 'DELETE FROM sessions WHERE token_hash = $1',
};

const deleteSessionsOf: Statement = {
  name: 'delete_sessions_of',
  text: 'DELETE FROM sessions WHERE person_id = $1',
};

const bytesOf = (tokenHash: string): Buffer => Buffer.from(tokenHash, 'base64url');

export type SessionStore = ReturnType<typeof createSessionStore>;

export function createSessionStore(storage: Queries) {
  return {
    async add(tokenHash: string, { personId, expiresAtMs }: Session, nowMs: number): Promise<void> {
      await storage.query(insertSession, [bytesOf(tokenHash), personId, nowMs, expiresAtMs]);
    },
    /** Keeps the newest ones. */
    async removeOutdated(personId: number, nowMs: number, kept: number): Promise<void> {
      await storage.query(deleteOutdated, [personId, nowMs, kept]);
    },
    async find(tokenHash: string): Promise<Session | undefined> {
      type Row = { readonly person_id: number; readonly expires_at_ms: string };
      const [row] = await storage.query<Row>(selectSession, [bytesOf(tokenHash)]);
      return row && { personId: row.person_id, expiresAtMs: Number(row.expires_at_ms) };
    },
    /** Those of them that there are, by their hashes. */
    async findMany(tokenHashes: readonly string[]): Promise<ReadonlyMap<string, Session>> {
      type Row = { readonly token_hash: Buffer; readonly person_id: number; readonly expires_at_ms: string };
      const rows = await storage.query<Row>(selectSessions, [tokenHashes.map(bytesOf)]);
      return new Map(
        rows.map(({ token_hash, person_id, expires_at_ms }) => [
          token_hash.toString('base64url'),
          { personId: person_id, expiresAtMs: Number(expires_at_ms) },
        ]),
      );
    },
    async remove(tokenHash: string): Promise<void> {
      await storage.query(deleteSession, [bytesOf(tokenHash)]);
    },
    async removeAllOf(personId: number): Promise<void> {
      await storage.query(deleteSessionsOf, [personId]);
    },
  };
}
