import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { createChangeStore, createReplicaStore } from '../app/access/rights-store.ts';
import { createAccountStore } from '../app/accounts/account-store.ts';
import { createDeletionStore } from '../app/accounts/deletion-store.ts';
import { createForgottenPicturesStore } from '../app/accounts/forgotten-pictures-store.ts';
import { createBlockStore } from '../app/blocks/block-store.ts';
import { createCommentStore } from '../app/comments/comment-store.ts';
import type { CountedChanges } from '../app/counters/counted-changes-service.ts';
import { createCountSightingStore } from '../app/counters/count-sighting-store.ts';
import { counterRowStore } from '../app/counters/counter-row-store.ts';
import { eventStore } from '../app/counters/event-store.ts';
import { rollupStore } from '../app/counters/rollup-store.ts';
import { createFanOutStore } from '../app/feeds/fan-out-store.ts';
import { createFeedRowsStore } from '../app/feeds/feed-rows-store.ts';
import { createFeedStore } from '../app/feeds/feed-store.ts';
import { createSightingStore } from '../app/feeds/sighting-store.ts';
import { createFollowRequestStore } from '../app/follows/follow-request-store.ts';
import { createFollowStore } from '../app/follows/follow-store.ts';
import { createLeaseStore } from '../app/gateway/lease-store.ts';
import { createRecordStore } from '../app/gateway/record-store.ts';
import { createIdempotencyStore } from '../app/idempotency/idempotency-store.ts';
import { createLikeStore } from '../app/likes/like-store.ts';
import { createPhotoStore } from '../app/photos/photo-store.ts';
import { createPrivacyStore } from '../app/privacy/privacy-store.ts';
import { createSessionStore } from '../app/sessions/session-store.ts';
import type { Position } from '../app/storage/cursor.ts';
import type { Queries, Statement, TransactionQueries } from '../app/storage/statement.ts';
import { createProfileStore } from '../app/users/profile-store.ts';
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

/** Changes of rows as they are made where counts are kept apart. */
const apart: CountedChanges = {
  areApart: true,
  change: (statement, values) => recordingStorage.query(statement.apart, values),
};

/**
 * Of a village PostgreSQL rightly reads whole tables: here are enough people and photos that it should not, with the ids behind those of
 * the village. The first 400 people have ten photos each and follow each other, those behind them have one and follow the next one.
 */
const manyMore = [
  `INSERT INTO users (name) SELECT 'one of many' FROM generate_series(1, 10400)`,
  `INSERT INTO photos (owner_id, caption, digest, width_px, height_px, created_at)
   SELECT 31 + number % 369, '', repeat('a', 64), 1, 1, now() - number * interval '1 minute'
   FROM generate_series(1, 3960) AS number`,
  `INSERT INTO photos (owner_id, caption, digest, width_px, height_px, created_at)
   SELECT 400 + number, '', repeat('a', 64), 1, 1, now() - number * interval '1 minute'
   FROM generate_series(1, 10000) AS number`,
  `INSERT INTO follows (follower_id, followed_id)
   SELECT 1 + number % 400, 31 + number * 7 % 369 FROM generate_series(1, 4000) AS number
   WHERE 1 + number % 400 <> 31 + number * 7 % 369 ON CONFLICT DO NOTHING`,
  `INSERT INTO likes (photo_id, person_id)
   SELECT 41 + number % 3960, 1 + number % 400 FROM generate_series(1, 8000) AS number`,
  `INSERT INTO comments (photo_id, author_id, text)
   SELECT 41 + number % 3960, 1 + number % 400, '' FROM generate_series(1, 4000) AS number`,
  `INSERT INTO follows (follower_id, followed_id) SELECT 400 + number, 401 + number FROM generate_series(1, 9999) AS number`,
  `INSERT INTO idempotency_keys (person_id, key, fingerprint, claim, claimed_until, created_at)
   SELECT 400 + number, 'key', '', gen_random_uuid(), now(), now() FROM generate_series(1, 10000) AS number`,
  `INSERT INTO feeds (reader_id, expires_at) SELECT number, now() FROM generate_series(1, 10000) AS number`,
  `INSERT INTO feed_rows (reader_id, created_at, post_id, owner_id, expires_at)
   SELECT number, now() - post * interval '1 minute', post, 401, now()
   FROM generate_series(1, 1000) AS number, generate_series(1, 10) AS post`,
  `INSERT INTO pulled_authors SELECT generate_series(1, 10000)`,
  `INSERT INTO feed_witnesses SELECT number, number FROM generate_series(1, 10000) AS number ON CONFLICT DO NOTHING`,
  `INSERT INTO comments (photo_id, author_id, text) SELECT 4000 + number, 400 + number % 300, '' FROM generate_series(1, 10000) AS number`,
  `INSERT INTO likes (photo_id, person_id) SELECT 4000 + number, 400 + number FROM generate_series(1, 10000) AS number`,
  `INSERT INTO follow_requests (follower_id, followed_id)
   SELECT 400 + number, 403 + number FROM generate_series(1, 10000) AS number`,
  `INSERT INTO blocks (blocker_id, blocked_id) SELECT 400 + number, 405 + number FROM generate_series(1, 10000) AS number`,
  `INSERT INTO accounts (person_id, log_in_name, password_hash)
   SELECT 400 + number, 'name' || number, '' FROM generate_series(1, 10000) AS number ON CONFLICT DO NOTHING`,
  `INSERT INTO sessions (token_hash, person_id, created_at, expires_at)
   SELECT sha256(number::text::bytea), 400 + number, now(), now() FROM generate_series(1, 10000) AS number`,
  `INSERT INTO activity (user_id, message_id, type, payload, created_at, expires_at)
   SELECT 400 + number, number, 'liked', jsonb_build_object('postOwnerId', 500 + number), now(), now()
   FROM generate_series(1, 10000) AS number`,
  `INSERT INTO pictures_to_forget (digest)
   SELECT encode(sha256(number::text::bytea), 'hex') FROM generate_series(1, 10000) AS number`,
  `INSERT INTO counter_rows (namespace, counter, count) SELECT 'likes', number, 1 FROM generate_series(1, 10000) AS number`,
  `INSERT INTO counter_rollups (namespace, counter, count, rollup_ts, last_write_ts)
   SELECT 'likes', number, 1, now(), now() FROM generate_series(1, 10000) AS number`,
  `SELECT darkroom_make_counter_slice('counter_events_' || day, day::timestamptz, day::timestamptz + interval '1 day')
   FROM unnest(ARRAY['20251229', '20251230']) AS day`,
  `INSERT INTO counter_events SELECT 'likes', (number % 1000)::text, 0, '2025-12-29Z'::timestamptz + number * interval '15 seconds',
     number::text, 1, number % 100 = 0 FROM generate_series(1, 10000) AS number`,
  `INSERT INTO gateway_records (kind, id, version, epoch, data)
   SELECT kind, number, 1, 1, '{"owner": {"id": 401}}' FROM unnest(ARRAY['posts', 'profiles']) AS kind, generate_series(1, 10000) AS number`,
];

/** What leaders ask of storage: of the lease, to make the records, and to own them. */
async function askOfGateway(): Promise<void> {
  const [lease, records] = [createLeaseStore(recordingStorage), createRecordStore(recordingStorage)];
  await lease.begin('one', 'there');
  const seen = (await lease.see()) ?? assert.fail('somebody leads');
  const { epoch } = (await lease.take(seen, 'other', 'here')) ?? assert.fail('the lease is free to take');
  await lease.renew(epoch);
  await records.fill(epoch, 5);
  await records.load('posts').next();
  await records.update(epoch, 'posts', 1, { caption: 'x' });
  await records.remove(epoch, 'posts', 2);
  await lease.release(epoch);
}

/** What the two kinds of counters ask of storage. */
async function askOfCounters(): Promise<void> {
  const key = { namespace: 'likes', counter: '7' };
  const [fromMs, toMs] = [Date.UTC(2025, 11, 29), Date.UTC(2025, 11, 30)];
  const event = { delta: 1, isClear: false, token: 'a', timeMs: fromMs };
  await eventStore.append(recordingStorage, key, event, 0);
  await eventStore.sum(recordingStorage, [{ ...key, buckets: 4, base: '0', fromMs, toMs }]);
  await rollupStore.load(recordingStorage, [key]);
  await rollupStore.ahead(recordingStorage, [{ ...key, buckets: 4, toMs }]);
  const rolled = { ...key, count: '1', rollupMs: toMs, lastWriteMs: fromMs };
  await rollupStore.keep(recordingStorage, [rolled]);
  await rollupStore.behind(
    recordingStorage,
    { name: 'likes', buckets: 4 },
    { startMs: fromMs, endMs: toMs },
    '',
    10,
  );
  await counterRowStore.raise(recordingStorage, key, 1);
  await counterRowStore.raiseMany(recordingStorage, [{ ...key, delta: 1 }]);
  await counterRowStore.clear(recordingStorage, key);
  const read = (await counterRowStore.load(recordingStorage, [key])).get('likes:7');
  await counterRowStore.swap(recordingStorage, key, read, 5);
  await counterRowStore.swap(recordingStorage, { ...key, counter: 'new' }, undefined, 5);
  const sighting = { counter: '7', phase: 'live', expected: 1, seen: 1, lagMs: 1 } as const;
  await createCountSightingStore(recordingStorage).add([sighting]);
}

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
  await askWithCountsApart();
  await comments.load([1]);
  await comments.loadPage(1, place);
  await comments.loadBy(4_100, 500, place);
  await comments.add(1, 1, 'x');
  await photos.remove(Number(added?.id), 1);
  const keys = createIdempotencyStore(recordingStorage, Date.now, () => crypto.randomUUID());
  const request = { personId: 1, key: 'key', fingerprint: '' };
  const known = await keys.claim(request);
  await keys.claim(request);
  const claimed = known?.claimed ?? assert.fail('a new key is claimed');
  await keys.keep(claimed, { status: 204, contentType: null, body: '' });
  await keys.release(claimed);
  await askAboutPeople();
}

async function askWithCountsApart(): Promise<void> {
  const follows = createFollowStore(recordingStorage, apart);
  await follows.add(5, 6);
  await follows.remove(5, 6);
  const likes = createLikeStore(recordingStorage, apart);
  await likes.add(2, 5);
  await likes.addMany([{ photoId: 3, personId: 5 }], false);
}

async function askOfKeptFeeds(place: Position): Promise<void> {
  const rows = createFeedRowsStore({ ...recordingStorage, transaction: (work) => work(recordingStorage) });
  await rows.load(3, { from: place, limit: 11 });
  await rows.fill(3, 100, Date.now());
  const fanOut = createFanOutStore(recordingStorage);
  await fanOut.lock({ authors: [1], readers: [3] });
  await fanOut.loadAuthor(1);
  await fanOut.countAuthor(1, 1_000);
  await fanOut.pullFrom(1);
  await fanOut.push(1, Date.now());
  await fanOut.cut(1, 1, 10);
  await fanOut.removePost(1);
  await fanOut.removeAuthor(3, 1);
  await fanOut.removeStrangers(1);
  await fanOut.addAuthor(3, 1, 100, Date.now());
  await fanOut.tell([3]);
  const sightings = createSightingStore(recordingStorage);
  await sightings.loadWitnesses();
  await sightings.add({ postId: 1, postedAtMs: Date.now(), seenAfterMs: 1, isTimeout: false });
}

/** The stores of accounts and of who sees whom. */
async function askAboutPeople(): Promise<void> {
  const storage = {
    ...recordingStorage,
    transaction: <T>(work: (queries: TransactionQueries) => Promise<T>) =>
      work({ ...recordingStorage, attempt: (part) => part(recordingStorage), afterCommit: () => {} }),
  };
  const [replicas, changes] = [
    createReplicaStore({ id: 'r', feedKind: 'pull' }, 10_000),
    createChangeStore(recordingStorage),
  ];
  await replicas.join(recordingStorage);
  await replicas.renew(recordingStorage, 0);
  await replicas.followersOf(recordingStorage, [1]);
  await changes.lastNumber();
  await changes.behind(1);
  await changes.forget({ id: 'other', renewals: '1' }, 1);
  await changes.deleteApplied(0);
  await replicas.leave(recordingStorage);
  const requests = createFollowRequestStore(recordingStorage);
  const privacy = createPrivacyStore(recordingStorage);
  await privacy.followerCount(50);
  await createPrivacyStore(recordingStorage, true).followerCount(50);
  await privacy.change(50, true);
  await requests.add(49, 50);
  await requests.list(50);
  await createFollowRequestStore(recordingStorage, apart).accept(48, 50);
  await requests.accept(49, 50);
  await requests.remove(49, 50);
  const blocks = createBlockStore(storage);
  await blocks.add(51, 52);
  await createBlockStore(storage, apart).add(55, 56);
  await blocks.remove(51, 52);
  const accounts = createAccountStore(recordingStorage);
  await accounts.add({ name: 'x', logInName: 'x', passwordHash: 'x' });
  await accounts.find('x');
  const sessions = createSessionStore(recordingStorage);
  const tokenHash = Buffer.alloc(32).toString('base64url');
  await sessions.add(tokenHash, { personId: 53, expiresAtMs: 1 }, 0);
  await sessions.find(tokenHash);
  await sessions.findMany([tokenHash]);
  await sessions.removeOutdated(53, 0, 5);
  await sessions.remove(tokenHash);
  await sessions.removeAllOf(53);
  const deletion = createDeletionStore(storage);
  await deletion.hidePhotos(54);
  await deletion.removeHiddenPhotos(54);
  await deletion.removeComments(54);
  await deletion.removeLikes(54);
  await deletion.removeFollowing(54);
  const deletionApart = createDeletionStore(storage, apart);
  await deletionApart.removeLikes(57);
  await deletionApart.removeFollowing(57);
  await deletion.removeFollowers(54);
  await deletion.removeActivity(54);
  await deletionApart.removePerson(54);
  const pictures = createForgottenPicturesStore(recordingStorage);
  await pictures.claim(0, 1, 50);
  await pictures.usedAmong(['a'.repeat(64)]);
  await pictures.release(['a'.repeat(64)], 1);
  await pictures.finish(['a'.repeat(64)], 1);
  await askOfCounters();
  await askOfGateway();
}

/** Tables of one row, or of one for each namespace of counters, which need no index. */
const ofOneRow = ['access_head', 'feed_epoch', 'counter_windows', 'gateway_lease'];

/** What reads a whole table all the same, each with its reason. */
const wholeTables: Readonly<Record<string, string>> = {
  select_access_rights: 'reads all blocks once, when a replica starts',
  renew_access_replica: 'there are as many replicas as processes',
  delete_access_replica: 'there are as many replicas as processes',
  forget_access_replica: 'there are as many replicas as processes',
  select_replicas_behind: 'there are as many replicas as processes',
  remove_author_from_feeds_of_strangers: 'messages that were given up are few, until somebody replays them',
  claim_pictures_to_forget: 'there are as many as pictures of accounts that are being deleted',
  select_newest_posts_for_records: 'looks at all posts once, when the first of all leaders makes the records',
  select_owners_for_records: 'looks at all records once, when the first of all leaders makes them',
  delete_applied_changes: 'there are as many replicas as processes, and no line stays that all have applied',
};

function literal(value: unknown): string {
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.map(element).join(',')}}` : String(value));
}

function element(value: unknown): string {
  if (Buffer.isBuffer(value)) return element(`\\x${value.toString('hex')}`);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
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
  database = await createSeededDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // No trigger tells of each row or counts it: how many there are is what matters here.
  await client.query('SET session_replication_role = replica');
  for (const statement of manyMore) await client.query(statement);
  await client.query('RESET session_replication_role; ANALYZE');
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
        if (name in wholeTables) continue;
        const scans = (await planOf(name, mode)).filter(
          (node) =>
            node['Node Type'].includes('Seq Scan') && !ofOneRow.includes(String(node['Relation Name'])),
        );
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
      select_comments_by: 'comments_of_author',
      delete_comments_of: 'comments_of_author',
      delete_likes_of: 'likes_of_person',
      lock_hidden_photos_of: 'photos_and_tombstones_of_owner',
      delete_activity_about: 'activity_about',
      select_used_digests: 'photos_of_digest',
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
