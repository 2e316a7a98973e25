import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../../tests/support/databases.ts';
import { createSuddenLink } from '../../tests/support/sudden-link.ts';
import { DarkroomError } from '../errors.ts';
import { migrate } from './migrate.ts';
import { createMigrationsTable } from './own-database.ts';

async function openDatabase(context: TestContext) {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  context.after(async () => {
    await client.end();
    await database.drop();
  });
  return { url: database.url, client };
}

const tablesOf = async (client: pg.Client): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};

describe('migrations', () => {
  it('make the schema, and change nothing the second time', async (context) => {
    const { url, client } = await openDatabase(context);
    await migrate(url);
    const tables = new Set(await tablesOf(client));
    for (const table of ['comments', 'follows', 'likes', 'migrations', 'outbox', 'photos', 'users'])
      assert.ok(tables.has(table), table);
    await client.query(`INSERT INTO users (name) VALUES ('somebody')`);
    const { rows: applied } = await client.query('SELECT name, checksum FROM migrations ORDER BY name');
    await migrate(url);
    assert.deepEqual(
      (await client.query('SELECT name, checksum FROM migrations ORDER BY name')).rows,
      applied,
    );
    assert.equal((await client.query('SELECT 1 FROM users')).rowCount, 1);
  });

  it('are applied once when several processes start together', async (context) => {
    const { url, client } = await openDatabase(context);
    await Promise.all(Array.from({ length: 4 }, () => migrate(url)));
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
    const files = (await readdir(join(import.meta.dirname, 'migrations'))).toSorted();
    assert.deepEqual(
      rows.map(({ name }) => name),
      files,
    );
  });

  it('fail with a reason when their connection is cut in the moment in which it is there', async (context) => {
    const { url } = await openDatabase(context);
    const link = await createSuddenLink(url);
    context.after(link.close);
    await assert.rejects(migrate(link.url), /not queryable|terminat/);
  });

  it('that were changed after they were applied are refused', async (context) => {
    const { url, client } = await openDatabase(context);
    await migrate(url);
    await client.query(`UPDATE migrations SET checksum = 'another'`);
    await assert.rejects(migrate(url), (error) => {
      assert.ok(error instanceof DarkroomError && error.code === 'CONFLICT');
      return /0001-photos\.sql/.test(error.message);
    });
  });

  it('that fail leave nothing half made', async (context) => {
    const { url, client } = await openDatabase(context);
    await client.query(createMigrationsTable.text);
    await client.query('CREATE TABLE comments (in_the_way integer)');
    await assert.rejects(migrate(url), { code: '42P07' });
    assert.deepEqual(await tablesOf(client), ['comments', 'migrations']);
    await client.query('DROP TABLE comments');
    await migrate(url);
    assert.ok((await tablesOf(client)).includes('photos'));
  });

  it('hold the rules that the code relies on', async (context) => {
    const { url, client } = await openDatabase(context);
    await migrate(url);
    await client.query(`INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b')`);
    const refused: Record<string, string> = {
      'INSERT INTO follows (follower_id, followed_id) VALUES (1, 1)': '23514',
      'INSERT INTO follows (follower_id, followed_id) VALUES (1, 9)': '23503',
      'INSERT INTO likes (photo_id, person_id) VALUES (9, 1)': '23503',
      [`INSERT INTO photos (owner_id, caption, digest, width_px, height_px) VALUES (1, '', 'x', 1, 1)`]:
        '23514',
    };
    for (const [statement, code] of Object.entries(refused))
      await assert.rejects(client.query(statement), { code }, statement);
  });
});
