import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { startPostgres } from '../../cli/stack/postgres-server.ts';
import type { PostgresServer } from '../../cli/stack/postgres-server.ts';
import { canBeApart, createLinkedCheckout } from '../support/linked-checkout.ts';
import { createTestStack } from '../support/test-stack.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The server of somebody, which several machines use. */
const { context, remove } = createTestStack({ hasData: true });
const checkouts = [createLinkedCheckout(), createLinkedCheckout(), createLinkedCheckout()] as const;
let postgres: PostgresServer;
let admin: pg.Client;
before(async () => {
  postgres = await startPostgres(context);
  admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
});
after(async () => {
  await admin.end();
  await postgres.stop();
  for (const checkout of checkouts) checkout.remove();
  remove();
});

const worlds = async () => (await postgres.listOwnDatabases()).filter(({ mark }) => mark.kind === 'world');
const countOf = async (statement: string) =>
  (await admin.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${statement}`)).rows[0]?.count;
const small = ['--people', '20', '--photos', '20', '--telemetry', 'off'];

test('runs with the same process number share a server, and the next one drops what they left when they were killed', async () => {
  await admin.query('CREATE DATABASE darkroom_prod_photos');
  const env = { ...process.env, DATABASE_URL: postgres.adminUrl, REDIS_URL: '' };
  const up = (index: 0 | 1 | 2, candidate: string) =>
    checkouts[index].start(['up', candidate, ...small], env, canBeApart);
  const both = [up(0, 'change-stream'), up(1, 'change-stream:tiers=memory')];
  try {
    await Promise.all(both.map((run) => run.said('Running; Ctrl-C stops it.')));
    const alive = await worlds();
    assert.equal(alive.length, 2);
    if (canBeApart)
      assert.equal(new Set(alive.map(({ mark }) => /^process \d+/.exec(mark.owner)?.[0])).size, 1);
    assert.deepEqual(
      alive.map(({ slots }) => slots),
      [2, 2],
    );
    assert.equal(both.flatMap((run) => run.output().match(/^Seeding /gm) ?? []).length, 1);
    await both[0]?.killHard();
    await both[1]?.killHard();
    await waitUntil(
      async () => (await countOf("pg_stat_activity WHERE datname LIKE 'darkroom_world_%'")) === 0,
    );
    assert.equal(await countOf('pg_replication_slots WHERE NOT active'), 4);

    const next = up(2, 'no-cache');
    both.push(next);
    await next.said('Running; Ctrl-C stops it.');
    for (const { name } of alive) {
      const line = new RegExp(
        `^Dropped ${name} \\(world of process .*, 2 replication slots\\), left behind`,
        'm',
      );
      assert.match(next.output(), line);
    }
    const left = (await worlds()).map(({ name }) => name);
    assert.equal(left.length, 1);
    assert.ok(alive.every(({ name }) => !left.includes(name)));
    assert.equal(await countOf('pg_replication_slots'), 0);
    assert.equal(await postgres.databaseExists('darkroom_prod_photos'), true);
  } finally {
    await Promise.all(both.map((run) => run.killHard()));
  }
});
