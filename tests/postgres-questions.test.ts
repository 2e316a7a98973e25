import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { postgresQuestions } from '../dashboards/postgres-questions.ts';
import { createTestDatabase } from './support/databases.ts';
import type { TestDatabase } from './support/databases.ts';
import { waitUntil } from './support/wait-until.ts';

type Row = Readonly<Record<string, string | null>>;

let database: TestDatabase;
let name: string;
const clients: pg.Client[] = [];
before(async () => {
  database = await createTestDatabase();
  name = new URL(database.url).pathname.slice(1);
});
after(async () => {
  for (const client of clients) await client.end();
  await database.drop();
});

async function connect(application: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: application });
  await client.connect();
  clients.push(client);
  return client;
}

/** What the exporter is answered of this database. */
async function ask(asking: pg.Client, question: string): Promise<readonly Row[]> {
  const { sql = '', labels = [] } = postgresQuestions.find((one) => one.name === question) ?? {};
  const { rows, fields } = await asking.query<Row>(sql);
  assert.deepEqual(
    fields.map((field) => field.name),
    [...labels, 'transactions'],
  );
  return rows.filter(({ datname }) => datname === name);
}

test('a lock that is held counts for nothing until somebody waits for it, and then it is said who waits for whom', async () => {
  const [holder, waiter, asking] = await Promise.all(['holder', 'waiter', 'exporter'].map(connect));
  assert.ok(holder !== undefined && waiter !== undefined && asking !== undefined);
  await holder.query('SELECT pg_advisory_lock(1)');
  assert.deepEqual(await ask(asking, 'pg_lock_waits'), [{ datname: name, transactions: '0' }]);
  assert.deepEqual(await ask(asking, 'pg_blocked'), []);
  const waiting = waiter.query('SELECT pg_advisory_lock(1)');
  await waitUntil(async () => (await ask(asking, 'pg_lock_waits'))[0]?.['transactions'] === '1');
  assert.deepEqual(await ask(asking, 'pg_blocked'), [
    { datname: name, waits: 'waiter', holds: 'holder', for_what: 'advisory', transactions: '1' },
  ]);
  await holder.query('SELECT pg_advisory_unlock(1)');
  await waiting;
  assert.deepEqual(await ask(asking, 'pg_lock_waits'), [{ datname: name, transactions: '0' }]);
});
