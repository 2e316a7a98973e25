import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { connected } from '../../tests/support/connected-storage.ts';
import { createFeedDelivery } from '../../tests/support/feed-delivery.ts';
import type { FeedDelivery } from '../../tests/support/feed-delivery.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { startTracing } from '../observability/start-tracing.ts';
import type { Tracing } from '../observability/tracing.ts';
import { createPhotoStore } from '../photos/photo-store.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';

const candidate = 'no-cache:feed=hybrid,celebrity=20';
const viewer = village.reader;
const exporter = new InMemorySpanExporter();

let tracing: Tracing;
let app: TestApp;
let storage: Storage;
let delivery: FeedDelivery;
before(async () => {
  const started = await startTracing({
    mode: 'trace100',
    otlpEndpoint: '',
    replica: 'r1',
    candidate,
    strategy: 'no-cache',
    isCallerBelieved: true,
    random: () => 1,
    exporter,
  });
  assert.ok(started !== null);
  tracing = started;
  app = await startTestApp({ candidate, environment: { DARKROOM_TELEMETRY: 'trace100' }, tracing });
  storage = createStorage(app.databaseUrl, 2, () => {}, { hasOutbox: true });
  await connected(storage);
  delivery = createFeedDelivery(app.databaseUrl, parseCandidate(candidate).feeds);
});
after(async () => {
  await delivery.close();
  await storage.close();
  await app.close();
});

const feedOf = async (): Promise<number[]> => {
  const answer = await app.ask('GET', `/users/${viewer}/feeds`, { viewer });
  return answer.json<{ feeds: { postId: number }[] }>().feeds.map(({ postId }) => postId);
};
const millisecondsOf = ([seconds, nanos]: ReadableSpan['startTime']): number => seconds * 1e3 + nanos / 1e6;

test('DI-4: a reader of both kinds gets the union by time, from two branches that run at the same time', async () => {
  // The reader follows two ordinary people and, from now on, one who has 25 followers.
  assert.equal((await app.ask('PUT', `/users/${village.famous}/follow`, { viewer })).statusCode, 204);
  await delivery.deliverAll();
  await feedOf();
  await waitUntil(async () => (await app.sql(`SELECT FROM feeds WHERE reader_id = ${viewer}`)).length > 0);
  const photos = createPhotoStore(storage);
  const posted: number[] = [];
  for (const ownerId of [village.famous, village.busy, village.famous, village.sudden, village.famous]) {
    const photo = { ownerId, caption: '', digest: 'a'.repeat(64), widthPx: 1, heightPx: 1 };
    posted.push(Number((await photos.add(photo))?.id));
  }
  await delivery.deliverAll();
  const pulled = delivery.posts.filter(({ way }) => way === 'pulled');
  assert.deepEqual([delivery.posts.length, pulled.length], [5, 3]);
  const rows = await app.sql<{ post_id: number }>(
    `SELECT post_id FROM feed_rows WHERE reader_id = ${viewer} AND post_id = ANY ('{${posted.join(',')}}') ORDER BY post_id`,
  );
  assert.deepEqual(
    rows.map(({ post_id }) => post_id),
    [posted[1], posted[3]],
  );

  await tracing.flush();
  exporter.reset();
  assert.deepEqual((await feedOf()).slice(0, 7), [...posted.toReversed(), 30, 29]);
  await tracing.flush();
  const spans = exporter.getFinishedSpans();
  const named = (name: string): ReadableSpan => {
    const found = spans.filter((span) => span.name === name);
    assert.equal(found.length, 1, spans.map((span) => span.name).join());
    return found[0] as ReadableSpan;
  };
  const branches = [named('feed.kept'), named('feed.celebrities')];
  const read = named('cache.get feed').spanContext();
  for (const branch of branches) {
    assert.equal(branch.parentSpanContext?.spanId, read.spanId);
    assert.equal(branch.spanContext().traceId, read.traceId);
  }
  const lastStart = Math.max(...branches.map(({ startTime }) => millisecondsOf(startTime)));
  const firstEnd = Math.min(...branches.map(({ endTime }) => millisecondsOf(endTime)));
  assert.ok(lastStart < firstEnd, 'both have begun before either has ended');
  for (const [branch, query] of [
    [branches[0], 'select_kept_feed'],
    [branches[1], 'select_pulled_feed'],
  ] as const)
    assert.equal(named(query).parentSpanContext?.spanId, branch?.spanContext().spanId);
});
