import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { seedEpochMs } from '../contract/seed-rows.ts';
import type { SeedRows } from '../contract/seed-rows.ts';
import { keepsVersions, seeds } from './connection-settings.ts';
import { onOwnConnection } from './own-connection.ts';
import type { Statement } from './statement.ts';
import { inTransaction } from './transaction.ts';

/** Nobody else copies meanwhile. */
const lockPeople: Statement = {
  name: 'lock_people',
  text: 'LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE',
};

const selectAnybody: Statement = {
  name: 'select_anybody',
  text: 'SELECT EXISTS (SELECT 1 FROM users) AS found',
};

/** Counts and versions follow from the rows that were copied; identities go on behind the highest id. */
const deriveCounts: readonly Statement[] = [
  {
    name: 'derive_counts_of_people',
    text: `UPDATE users SET
     post_count = (SELECT count(*) FROM photos WHERE photos.owner_id = users.id),
     follower_count = (SELECT count(*) FROM follows WHERE follows.followed_id = users.id)`,
  },
  {
    name: 'derive_counts_of_likes',
    text: `UPDATE photos SET like_count = likes.total
     FROM (SELECT photo_id, count(*) AS total FROM likes GROUP BY photo_id) AS likes WHERE likes.photo_id = photos.id`,
  },
  {
    name: 'derive_counts_of_comments',
    text: `UPDATE photos SET comment_count = comments.total
     FROM (SELECT photo_id, count(*) AS total FROM comments GROUP BY photo_id) AS comments
     WHERE comments.photo_id = photos.id`,
  },
  ...['users', 'photos', 'comments'].map((table) => ({
    name: `go_on_behind_${table}`,
    text: `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM ${table}), false)`,
  })),
];

/** Rewrites the tables that the updates left half empty, so that every seeded database has the same pages. */
const settle: readonly Statement[] = ['users', 'photos'].map((table) => ({
  name: `settle_${table}`,
  text: `VACUUM (FULL, ANALYZE) ${table}`,
}));

const analyze: Statement = { name: 'analyze', text: 'ANALYZE' };

type Table = { readonly name: string; readonly columns: string; readonly lines: () => Iterable<string> };

const time = (ms: number): string => new Date(ms).toISOString();

/** One field of COPY's text format. */
function field(value: string | number): string {
  return String(value).replace(
    /[\\\t\n\r]/g,
    (character) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[character] as string,
  );
}

function* toLines<T>(
  rows: readonly T[],
  fields: (row: T) => readonly (string | number)[],
): Generator<string> {
  for (const row of rows) yield `${fields(row).map(field).join('\t')}\n`;
}

function tablesOf(rows: SeedRows): Table[] {
  return [
    {
      name: 'users',
      columns: 'id, name, created_at',
      lines: () => toLines(rows.people, (row) => [row.id, row.name, time(row.createdAtMs)]),
    },
    {
      name: 'follows',
      columns: 'follower_id, followed_id, created_at',
      lines: () => toLines(rows.follows, (row) => [row.followerId, row.followedId, time(row.createdAtMs)]),
    },
    {
      name: 'photos',
      columns: 'id, owner_id, caption, digest, width_px, height_px, created_at',
      lines: () =>
        toLines(rows.photos, (row) => [
          row.id,
          row.ownerId,
          row.caption,
          row.digest,
          row.widthPx,
          row.heightPx,
          time(row.createdAtMs),
        ]),
    },
    {
      name: 'likes',
      columns: 'photo_id, person_id, created_at',
      lines: () => toLines(rows.likes, (row) => [row.photoId, row.personId, time(row.createdAtMs)]),
    },
    {
      name: 'comments',
      columns: 'id, photo_id, author_id, text, created_at',
      lines: () =>
        toLines(rows.comments, (row) => [row.id, row.photoId, row.authorId, row.text, time(row.createdAtMs)]),
    },
    {
      name: 'feed_witnesses',
      columns: 'author_id, follower_id',
      lines: () => toLines(rows.witnesses ?? [], (row) => [row.authorId, row.followerId]),
    },
    {
      name: 'sessions',
      columns: 'token_hash, person_id, created_at, expires_at',
      lines: () =>
        toLines(rows.sessions ?? [], (row) => [
          `\\x${hash('sha256', hash('sha256', row.secret, 'base64url'), 'hex')}`,
          row.personId,
          time(seedEpochMs),
          time(row.expiresAtMs),
        ]),
    },
    {
      name: 'accounts',
      columns: 'person_id, log_in_name, password_hash',
      lines: () => toLines(rows.accounts ?? [], (row) => [row.personId, row.logInName, row.passwordHash]),
    },
  ];
}

/** Lines are joined into chunks of about this size, so that the stream has few of them. */
const chunkChars = 64 * 1024;

function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < chunkChars) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Copies the rows into a migrated database, all or none. False for one that has people: of two at once, one copies. */
export async function loadSeedRows(databaseUrl: string, rows: SeedRows): Promise<boolean> {
  const load = async (client: pg.Client): Promise<boolean> => {
    const isCopied = await inTransaction(
      (command) => client.query(command),
      () => copyInto(client, rows),
    );
    if (isCopied) for (const statement of [...settle, analyze]) await client.query(statement.text);
    return isCopied;
  };
  return onOwnConnection(databaseUrl, load, { options: `${keepsVersions} ${seeds}` });
}

async function copyInto(client: pg.Client, rows: SeedRows): Promise<boolean> {
  await client.query(lockPeople.text);
  if (await findPeople(client)) return false;
  for (const { name, columns, lines } of tablesOf(rows)) {
    const sink = client.query(copyFrom(`COPY ${name} (${columns}) FROM STDIN`));
    await pipeline(Readable.from(inChunks(lines())), sink);
  }
  for (const statement of deriveCounts) await client.query(statement.text);
  return true;
}

/** Whether somebody is there already. */
export async function hasPeople(databaseUrl: string): Promise<boolean> {
  return onOwnConnection(databaseUrl, findPeople);
}

async function findPeople(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(selectAnybody.text);
  return rows[0]?.found === true;
}
