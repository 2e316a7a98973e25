import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { createCommentStore } from '../app/comments/comment-store.ts';
import { createFanOutStore } from '../app/feeds/fan-out-store.ts';
import { createFeedRowsStore } from '../app/feeds/feed-rows-store.ts';
import { createFeedStore } from '../app/feeds/feed-store.ts';
import { createSightingStore } from '../app/feeds/sighting-store.ts';
import { createFollowStore } from '../app/follows/follow-store.ts';
import { createIdempotencyStore } from '../app/idempotency/idempotency-store.ts';
import { createLikeStore } from '../app/likes/like-store.ts';
import { createPhotoStore } from '../app/photos/photo-store.ts';
import type { Position } from '../app/storage/cursor.ts';
import type { Queries, Statement } from '../app/storage/statement.ts';
import { createProfileStore } from '../app/users/profile-store.ts';
import { createPopulation } from '../loadtests/workloads/population.ts';
import { seedDatabase } from '../loadtests/workloads/seed-database.ts';
import { createSocialGraph } from '../loadtests/workloads/social-graph.ts';
import type { TestDatabase } from './support/databases.ts';
import { createSeededDatabase } from './support/test-app.ts';

type PlanNode = { 'Node Type': string; 'Relation Name'?: string; Plans?: PlanNode[] };

let database: TestDatabase;
let client: pg.Client;
/** Every statement that was asked, with the values of its last time. */
const asked = new Map<string, { readonly statement: Statement; readonly values: readonly unknown[] }>();

const recordingStorage: Queries = {
  async query<Row extends object>(statement: Statement, values: readonly unknown[]) {
    asked.set(statement.name, { statement, values });
    const { rows } = await client.query<Row>(statement.text, [...values]);
    return rows;
  },
};

/** On a few hundred people PostgreSQL rightly reads the whole table: here are enough that it should not. */
const manyMore = [
  `INSERT INTO users (name) SELECT 'one of many' FROM generate_series(1, 30000)`,
  `INSERT INTO photos (owner_id, caption, digest, width_px, height_px, created_at)
   SELECT 400 + number, '', repeat('a', 64), 1, 1, now() - number * interval '1 minute'
   FROM generate_series(1, 30000) AS number`,
  `INSERT INTO follows (follower_id, followed_id) SELECT 400 + number, 401 + number FROM generate_series(1, 29999) AS number`,
  `INSERT INTO idempotency_keys (person_id, key, fingerprint, claim, claimed_until, created_at)
   SELECT 400 + number, 'key', '', gen_random_uuid(), now(), now() FROM generate_series(1, 30000) AS number`,
  `INSERT INTO feeds (reader_id, expires_at) SELECT number, now() FROM generate_series(1, 30000) AS number`,
  `INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
   SELECT number, now() - post * interval '1 minute', post, 401, now()
   FROM generate_series(1, 3000) AS number, generate_series(1, 10) AS post`,
  `INSERT INTO pulled_authors SELECT generate_series(1, 30000)`,
  `INSERT INTO feed_witnesses SELECT number, number FROM generate_series(1, 30000) AS number ON CONFLICT DO NOTHING`,
  `INSERT INTO likes (photo_id, person_id) SELECT 4000 + number, 400 + number FROM generate_series(1, 30000) AS number`,
];

/** Every operation of every store, on people and photos that have something. */
async function askEverything(): Promise<void> {
  const place = { createdAtUs: '1767000000000000', id: 1_000 };
  const [photos, feeds, profiles, follows, likes, comments] = [
    createPhotoStore(recordingStorage),
    createFeedStore(recordingStorage),
    createProfileStore(recordingStorage),
    createFollowStore(recordingStorage),
    createLikeStore(recordingStorage),
    createCommentStore(recordingStorage),
  ];
  await photos.load([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const photo = { ownerId: 1, caption: '', digest: 'a'.repeat(64), widthPx: 1, heightPx: 1 };
  const added = await photos.add(photo);
  await photos.changeCaption(Number(added?.id), 1, 'x');
  await photos.ownerOf(1);
  await feeds.gather(3, { from: place, limit: 11 });
  await feeds.gatherPulled(3, { from: place, limit: 11 });
  await askOfKeptFeeds(place);
  await profiles.load([1]);
  await profiles.loadPage(1, place);
  await follows.load([1]);
  await follows.loadPage(1, place);
  await follows.remove(1, 2);
  await follows.add(1, 2);
  await likes.foresee(1, 1);
  await likes.add(1, 1);
  await likes.add(1, 1);
  await likes.addMany(
    [1, 2, 3].map((photoId) => ({ photoId, personId: 2 })),
    true,
  );
  await comments.load([1]);
  await comments.loadPage(1, place);
  await comments.add(1, 1, 'x');
  await photos.remove(Number(added?.id), 1);
  const keys = createIdempotencyStore(recordingStorage, Date.now, () => crypto.randomUUID());
  const request = { personId: 1, key: 'key', fingerprint: '' };
  const known = await keys.claim(request);
  await keys.claim(request);
  const claimed = known?.claimed ?? assert.fail('a new key is claimed');
  await keys.keep(claimed, { status: 204, contentType: null, body: '' });
  await keys.release(claimed);
}

async function askOfKeptFeeds(place: Position): Promise<void> {
  const rows = createFeedRowsStore({ ...recordingStorage, transaction: (work) => work(recordingStorage) });
  await rows.load(3, { from: place, limit: 11 });
  await rows.fill(3, 100, Date.now());
  const fanOut = createFanOutStore(recordingStorage);
  await fanOut.lock(1, 3);
  await fanOut.loadAuthor(1);
  await fanOut.pullFrom(1);
  await fanOut.push(1, Date.now());
  await fanOut.cut(1, 1, 10);
  await fanOut.removePost(1);
  await fanOut.removeAuthor(3, 1);
  await fanOut.addAuthor(3, 1, 100, Date.now());
  await fanOut.tell([3]);
  const sightings = createSightingStore(recordingStorage);
  await sightings.loadWitnesses();
  await sightings.add({ postId: 1, postedAtMs: Date.now(), seenAfterMs: 1, isTimeout: false });
}

function literal(value: unknown): string {
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.join(',')}}` : String(value));
}

/** The nodes of the plan that PostgreSQL chooses for a statement, prepared as the service prepares it. */
async function planOf(name: string, mode: 'force_custom_plan' | 'force_generic_plan'): Promise<PlanNode[]> {
  const { statement, values } = asked.get(name) ?? assert.fail(`${name} was not asked`);
  await client.query(`SET plan_cache_mode = ${mode}`);
  await client.query(`PREPARE explained AS ${statement.text}`);
  const given = values.length === 0 ? '' : ` (${values.map(literal).join(', ')})`;
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (FORMAT JSON) EXECUTE explained${given}`,
    );
    return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)));
  } finally {
    await client.query('DEALLOCATE explained');
  }
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** The names of all statements in the store files. */
function statementNames(): string[] {
  const app = join(import.meta.dirname, '..', 'app');
  return readdirSync(app, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('-store.ts'))
    .flatMap((path) => [...readFileSync(join(app, path), 'utf8').matchAll(/^ {2}name: '(\w+)',$/gm)])
    .map(([, name]) => String(name));
}

before(async () => {
  const population = createPopulation({ people: 400, photos: 4_000, seed: 1 });
  database = await createSeededDatabase(seedDatabase(population, createSocialGraph(population)));
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const statement of [...manyMore, 'ANALYZE']) await client.query(statement);
  await askEverything();
});
after(async () => {
  await client.end();
  await database.drop();
});

describe('the statements of the stores', () => {
  it('are all known to this test', () => {
    const names = statementNames();
    assert.ok(names.length > 10);
    assert.deepEqual([...asked.keys()].toSorted(), names.toSorted());
  });

  for (const mode of ['force_custom_plan', 'force_generic_plan'] as const) {
    it(`never read a whole table, with ${mode}`, async () => {
      for (const name of statementNames()) {
        const scans = (await planOf(name, mode)).filter((node) => node['Node Type'].includes('Seq Scan'));
        assert.deepEqual(
          scans.map((node) => node['Relation Name']),
          [],
          `${name} reads whole tables`,
        );
      }
    });
  }

  it('find what they list through the indexes that were made for them', async () => {
    const indexOf: Record<string, string> = {
      select_feed: 'photos_of_owner',
      select_pulled_feed: 'photos_of_owner',
      select_kept_feed: 'feed_rows_pkey',
      fill_feed: 'photos_of_owner',
      fan_out_post: 'follows_of_followed',
      remove_post_from_feeds: 'feed_rows_pkey',
      remove_author_from_feed: 'feed_rows_pkey',
      select_profile_grids: 'photos_of_owner',
      select_followers: 'follows_of_followed',
      select_comments: 'comments_of_photo',
      select_photos: 'comments_of_photo',
    };
    for (const [name, index] of Object.entries(indexOf)) {
      for (const mode of ['force_custom_plan', 'force_generic_plan'] as const)
        assert.ok(JSON.stringify(await planOf(name, mode)).includes(`"${index}"`), `${name}, ${mode}`);
    }
  });

  it('would be caught reading a whole table', async () => {
    const statement = { name: 'careless', text: 'SELECT id FROM photos WHERE caption = $1' };
    await recordingStorage.query(statement, ['x']);
    const nodes = await planOf('careless', 'force_custom_plan');
    asked.delete('careless');
    assert.ok(nodes.some((node) => node['Node Type'].includes('Seq Scan')));
  });
});
