import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { connectionTo } from './connection-settings.ts';
import { migrate } from './migrate.ts';
import { createStorage } from './postgres.ts';
import { createSlotAdmin } from './replication-slot.ts';
import { hasPeople } from './seed.ts';

let database: TestDatabase;
const folder = mkdtempSync(join(tmpdir(), 'darkroom-pgpass-'));
const passwordFile = join(folder, 'pgpass');

before(async () => {
  database = await createTestDatabase();
  writeFileSync(passwordFile, `*:*:*:*:${new URL(database.url).password}\n`, { mode: 0o600 });
});
after(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});

/** Each alone would lead the driver to another server, or change what the right one does. */
const elsewhere = {
  PGHOST: '192.0.2.1',
  PGPORT: '1',
  PGUSER: 'somebody',
  PGDATABASE: 'elsewhere',
  PGSSLMODE: 'require',
  PGSSLNEGOTIATION: 'direct',
  PGCLIENT_ENCODING: 'latin1',
  PGAPPNAME: 'elsewhere',
  PGOPTIONS: '-c default_transaction_read_only=on -c search_path=elsewhere',
  PGSERVICE: 'elsewhere',
};
beforeEach(() => void Object.assign(process.env, elsewhere));
afterEach(() => {
  for (const name of [...Object.keys(elsewhere), 'PGPASSFILE', 'PGPASSWORD']) delete process.env[name];
});

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client(connectionTo(url));
  client.on('error', () => {});
  try {
    await client.connect();
    return Object.values((await client.query<Record<string, unknown>>(text)).rows[0] ?? {})[0];
  } finally {
    await client.end().catch(() => {});
  }
}

test('a database is used as its address says, whatever the shell says to other clients', async () => {
  await migrate(database.url);
  assert.equal(await hasPeople(database.url), false);
  assert.equal(await createSlotAdmin(database.url, 'none').logLevel(), 'logical');
  const storage = createStorage(database.url, 1, () => {});
  try {
    await storage.query({ name: 'write', text: 'INSERT INTO users (name) VALUES ($1)' }, ['Zoë']);
    const [row] = await storage.query<{ name: string }>({ name: 'read', text: 'SELECT name FROM users' }, []);
    assert.equal(row?.name, 'Zoë');
  } finally {
    await storage.close();
  }
});

test('what the address does say counts', async () => {
  const url = new URL(database.url);
  url.searchParams.set('options', '-c statement_timeout=1234');
  url.searchParams.set('application_name', 'a test');
  assert.equal(await ask(url.href, 'SHOW statement_timeout'), '1234ms');
  assert.equal(await ask(url.href, 'SHOW application_name'), 'a test');
  const encrypted = `${database.url}?sslmode=no-verify`;
  await assert.rejects(ask(encrypted, 'SELECT 1'), /does not support SSL/);
});

test('a password comes from the address alone', async () => {
  const { password } = new URL(database.url);
  process.env['PGPASSWORD'] = password;
  process.env['PGPASSFILE'] = passwordFile;
  const url = new URL(database.url);
  url.password = '';
  await assert.rejects(ask(url.href, 'SELECT 1'), /password/);
  assert.equal(await ask(database.url, 'SELECT 1'), 1);
});
