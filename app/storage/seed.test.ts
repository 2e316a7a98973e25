import assert from 'node:assert/strict';
import { createHash, hash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import { seedDatabase } from '../../loadtests/workloads/seed-database.ts';
import { createSocialGraph } from '../../loadtests/workloads/social-graph.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import { villageRows } from '../../tests/support/village-rows.ts';
import type { SeedRows } from '../contract/seed-rows.ts';
import { hashToken } from '../sessions/session-service.ts';
import { migrate } from './migrate.ts';
import { loadSeedRows } from './seed.ts';

async function openDatabase(context: TestContext) {
  const database = await createTestDatabase();
  await migrate(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  context.after(async () => {
    await client.end();
    await database.drop();
  });
  return { url: database.url, client };
}

const tables = { users: 'id', follows: '1, 2', photos: 'id', likes: '1, 2', comments: 'id' };

/** Every row of every table, as text, in order. */
async function dumpRows(client: pg.Client): Promise<string> {
  const hash = createHash('sha256');
  await client.query(`SET timezone = 'UTC'`);
  for (const [table, order] of Object.entries(tables)) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT ordered::text AS row FROM (SELECT * FROM ${table} ORDER BY ${order}) AS ordered`,
    );
    hash.update(`${table}\n${rows.map(({ row }) => row).join('\n')}\n`);
  }
  return hash.digest('hex');
}

function generate(seed: number): SeedRows {
  const population = createPopulation({ people: 120, photos: 900, seed });
  return seedDatabase(population, createSocialGraph(population));
}

async function dumpOf(context: TestContext, rows: SeedRows): Promise<string> {
  const { url, client } = await openDatabase(context);
  await loadSeedRows(url, rows);
  return dumpRows(client);
}

describe('seeding', () => {
  it('gives the same database for the same seed, byte for byte, and another one for another seed', async (context) => {
    const [first, second, other] = [generate(7), generate(7), generate(8)];
    const dump = await dumpOf(context, first);
    assert.equal(await dumpOf(context, second), dump);
    assert.notEqual(await dumpOf(context, other), dump);
  });

  it('derives every count from the rows', async (context) => {
    const { url, client } = await openDatabase(context);
    await loadSeedRows(url, generate(7));
    const { rows } = await client.query(`
      SELECT
        (SELECT count(*)::integer FROM users WHERE post_count <>
          (SELECT count(*) FROM photos WHERE owner_id = users.id)) AS posts,
        (SELECT count(*)::integer FROM users WHERE follower_count <>
          (SELECT count(*) FROM follows WHERE followed_id = users.id)) AS followers,
        (SELECT count(*)::integer FROM photos WHERE like_count <>
          (SELECT count(*) FROM likes WHERE photo_id = photos.id)) AS likes,
        (SELECT count(*)::integer FROM photos WHERE comment_count <>
          (SELECT count(*) FROM comments WHERE photo_id = photos.id)) AS comments,
        (SELECT sum(like_count) > 0 AND sum(comment_count) > 0 FROM photos) AS some`);
    assert.deepEqual(rows, [{ posts: 0, followers: 0, likes: 0, comments: 0, some: true }]);
  });

  it('stores of a session what the service looks for when it is given the token, and not the token', async (context) => {
    const { url, client } = await openDatabase(context);
    const secret = 'of one session';
    const token = hash('sha256', secret, 'base64url');
    await loadSeedRows(url, {
      ...villageRows,
      sessions: [{ personId: 3, secret, expiresAtMs: 1_800_000_000_000 }],
    });
    const { rows } = await client.query<{ token_hash: Buffer; person_id: number }>(
      'SELECT token_hash, person_id FROM sessions',
    );
    assert.deepEqual(
      rows.map((row) => [row.person_id, row.token_hash.toString('base64url')]),
      [[3, hashToken(token)]],
    );
  });

  it('keeps every character of a text', async (context) => {
    const { url, client } = await openDatabase(context);
    const texts = [
      'a\tb',
      'a\nb\r\n',
      'back\\slash',
      '\\N',
      '\\.',
      "'; DROP TABLE users; --",
      'Grüße 🙂',
      '',
    ];
    const [photo] = villageRows.photos;
    assert.ok(photo !== undefined);
    const photos = texts.map((caption, index) => ({ ...photo, id: index + 1, caption }));
    await loadSeedRows(url, { ...villageRows, photos, likes: [], comments: [] });
    const { rows } = await client.query<{ caption: string }>('SELECT caption FROM photos ORDER BY id');
    assert.deepEqual(
      rows.map(({ caption }) => caption),
      texts,
    );
  });

  it('goes on with ids behind the seeded ones', async (context) => {
    const { url, client } = await openDatabase(context);
    await loadSeedRows(url, villageRows);
    const { rows } = await client.query(`INSERT INTO users (name) VALUES ('next') RETURNING id`);
    assert.deepEqual(rows, [{ id: 31 }]);
  });

  it('is all or nothing', async (context) => {
    const { url, client } = await openDatabase(context);
    const [like] = villageRows.likes;
    assert.ok(like !== undefined);
    const broken = { ...villageRows, likes: [...villageRows.likes, { ...like, photoId: 999 }] };
    await assert.rejects(loadSeedRows(url, broken), { code: '23503' });
    assert.equal((await client.query('SELECT 1 FROM users')).rowCount, 0);
  });

  it('happens once, also when two do it at the same time', async (context) => {
    const { url, client } = await openDatabase(context);
    const both = await Promise.all([loadSeedRows(url, villageRows), loadSeedRows(url, villageRows)]);
    assert.deepEqual(both.toSorted(), [false, true]);
    const dump = await dumpRows(client);
    assert.equal(await loadSeedRows(url, villageRows), false);
    assert.equal(await dumpRows(client), dump);
  });

  it('takes an empty population', async (context) => {
    const { url, client } = await openDatabase(context);
    await loadSeedRows(url, { people: [], follows: [], photos: [], likes: [], comments: [] });
    const { rows } = await client.query(`INSERT INTO users (name) VALUES ('first') RETURNING id`);
    assert.deepEqual(rows, [{ id: 1 }]);
  });
});
