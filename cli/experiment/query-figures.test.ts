import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createDatabaseReader } from './query-figures.ts';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

const ask = (queries: Readonly<Record<string, string>>) => {
  const figures = Object.entries(queries).map(([name, query]) => ({ name, from: { query } }));
  const read = createDatabaseReader((url) => url, figures);
  assert.ok(read !== null);
  return read(database.url);
};

/** Asks these, then those: fewer at a time have more time each. */
const askBoth = async (these: Readonly<Record<string, string>>, those: Readonly<Record<string, string>>) => {
  const [first, second] = [await ask(these), await ask(those)];
  return {
    values: { ...first.values, ...second.values },
    failures: [...first.failures, ...second.failures],
  };
};

test('a figure is what its query says, as a number', async () => {
  const { values, failures } = await ask({
    rows: 'SELECT count(*) AS value FROM generate_series(1, 12)',
    share: 'SELECT 0.25::numeric AS value',
    none: 'SELECT NULL AS value',
  });
  assert.deepEqual(values, { rows: 12, share: 0.25, none: null });
  assert.deepEqual(failures, []);
});

test('a query knows when the database was asked before, and nothing of it at first', async () => {
  const from = "nullif(current_setting('darkroom.round_from', true), '')::timestamptz";
  const query = `SELECT extract(epoch FROM clock_timestamp() - ${from}) AS value`;
  const read = createDatabaseReader((url) => url, [{ name: 'seconds', from: { query } }]);
  const asked = [await read?.(database.url), await read?.(database.url)];
  const [first, second] = asked.map((queried) => queried?.values['seconds']);
  assert.equal(first, null);
  assert.ok(typeof second === 'number' && second > 0, String(second));
});

test('all figures together are asked for at most a second', async () => {
  const own = "SELECT setting::int AS value FROM pg_settings WHERE name = 'statement_timeout'";
  assert.deepEqual((await ask({ alone: own })).values, { alone: 1_000 });
  assert.deepEqual((await ask({ one: own, other: own })).values, { one: 500, other: 500 });
});

test('a query that fails, hangs, writes or says something else costs its own figure only', async () => {
  const { values, failures } = await askBoth(
    {
      absent: 'SELECT value FROM nowhere',
      slow: 'SELECT pg_sleep(60), 1 AS value',
      writing: 'CREATE TABLE made (value int)',
    },
    {
      many: 'SELECT value FROM generate_series(1, 2) AS value',
      nameless: 'SELECT 1 AS other',
      text: "SELECT 'much' AS value",
      well: 'SELECT 1 AS value',
    },
  );
  const nothing = { absent: null, slow: null, writing: null, many: null, nameless: null, text: null };
  assert.deepEqual(values, { ...nothing, well: 1 });
  const reasons = [
    /^absent: relation "nowhere" does not exist/,
    /^slow: .*statement timeout/,
    /^writing: .*read-only transaction/,
    /^many: the query gave 2 rows/,
    /^nameless: the query gave 1 rows, not one with a column "value"/,
    /^text: the query gave no number/,
  ];
  assert.equal(failures.length, reasons.length);
  for (const [index, reason] of reasons.entries()) assert.match(failures[index] ?? '', reason);
});

test('a database that cannot be reached leaves its figures without values', async () => {
  const read = createDatabaseReader(
    () => 'postgres://nobody@127.0.0.1:1/none',
    [{ name: 'rows', from: { query: 'SELECT 1 AS value' } }],
  );
  const { values, failures } = (await read?.('none')) ?? { values: {}, failures: [] };
  assert.deepEqual(values, { rows: null });
  assert.equal(failures.length, 1);
});

test('without a figure that asks nobody is connected to', () => {
  assert.equal(createDatabaseReader(String, [{ name: 'cpu', from: { cpu: 'world' } }]), null);
});
