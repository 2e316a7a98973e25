import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { after, test } from 'node:test';
import { operations } from '../app/contract/operations.ts';
import { createEventFile } from '../app/recording/event-file.ts';
import { gatherRecording } from '../cli/recordings/gather-recording.ts';
import type { GatheredRecording } from '../cli/recordings/gather-recording.ts';
import { openRecording } from '../cli/recordings/read-recording.ts';
import { eventNames, outcomeNames } from '../cli/recordings/recording.ts';
import type { RecordedEvent } from '../cli/recordings/recording.ts';
import { openServiceEvents } from '../cli/recordings/service-events.ts';
import { hitBaseOf } from '../cli/worlds/cache-counts.ts';
import { createTestRedis } from './support/databases.ts';
import { collect, createRecordingFolder } from './support/made-recordings.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';

const tiers = 'memory+redis';
const folder = createRecordingFolder();
after(folder.remove);

/** Two replicas of one service that write down what is asked of them. */
async function withRecordedReplicas(
  name: string,
  more: Readonly<Record<string, string>>,
  work: (replicas: readonly [TestApp, TestApp]) => Promise<void>,
): Promise<string> {
  const recordTo = folder.in(name);
  mkdirSync(recordTo);
  const database = await createSeededDatabase();
  const redis = createTestRedis();
  const start = (replica: string) =>
    startTestApp({
      candidate: `cache-aside:tiers=${tiers},feed-ttl=3s`,
      databaseUrl: database.url,
      environment: {
        REDIS_URL: redis.url,
        DARKROOM_REDIS_PREFIX: redis.keyPrefix,
        DARKROOM_REPLICA: replica,
        DARKROOM_RECORD_TO: recordTo,
        ...more,
      },
    });
  const replicas = [await start('r1'), await start('r2')] as const;
  try {
    for (const replica of replicas) await replica.untilItHears();
    await work(replicas);
  } finally {
    await Promise.all(replicas.map((replica) => replica.close()));
    await database.drop();
  }
  return recordTo;
}

const asked = { viewer: village.reader } as const;

/** Pages, one of which no cache keeps, a photo that is not there, a like and a comment. */
async function browse({ ask }: TestApp): Promise<void> {
  await ask('GET', `/users/${village.reader}/feeds`, asked);
  await ask('GET', '/photos/7', asked);
  await ask('GET', '/photos/7', asked);
  await ask('GET', `/photos/${village.nobody}`, asked);
  await ask('GET', `/users/${village.busy}/posts`, asked);
  await ask('PUT', '/photos/7/like', asked);
  await ask('POST', '/photos/7/comments', { ...asked, body: { comment: 'well seen' } });
  await ask('GET', '/photos/7/comments', asked);
  await ask('GET', `/users/${village.busy}/posts/comments?by=1`, asked);
}

async function eventsOf(file: string): Promise<RecordedEvent[]> {
  const { events } = await openRecording(file);
  const rows: RecordedEvent[] = [];
  for await (const batch of events.batches())
    for (let row = 0; row < batch.length; row += 1)
      rows.push({
        timeUs: batch.timeUs[row] ?? 0,
        event: eventNames[batch.event[row] ?? 0] ?? 'read',
        request: batch.request[row] ?? 0,
        class: events.classes()[batch.class[row] ?? 0] ?? '',
        key: batch.key[row] ?? 0n,
        bytes: batch.bytes[row] ?? 0,
        lifetimeMs: batch.lifetimeMs[row] ?? 0,
        viewer: batch.viewer[row] ?? 0n,
        replica: batch.replica[row] ?? 0,
        outcome: outcomeNames[batch.outcome[row] ?? 0] ?? '',
      });
  return rows;
}

const meta = { version: 1, source: 'test' } as const;

test('requests are recorded with the reads and writes that each made, and no read that the service counts is missing', async () => {
  let counted = { reads: 0, base: 0 };
  const recordTo = await withRecordedReplicas('plain', {}, async (replicas) => {
    for (const replica of replicas) await browse(replica);
    const counts = await Promise.all(replicas.map(async ({ counters }) => (await counters()).cache));
    counted = {
      reads: counts.reduce((sum, { reads }) => sum + reads, 0),
      base: counts.reduce((sum, cache) => sum + hitBaseOf(cache), 0),
    };
  });
  const file = folder.in('plain.parquet');
  const gathered: GatheredRecording = await gatherRecording(
    recordTo,
    file,
    { ...meta, identifiers: 'plain' },
    tiers,
  );
  const events = await eventsOf(file);
  assert.deepEqual(gathered, { requests: 18, events: events.length, late: 0, cut: null });
  const reads = events.filter(({ event }) => event === 'read');
  assert.equal(reads.length, counted.reads);
  assert.equal(reads.filter(({ outcome }) => outcome !== 'bypass').length, counted.base);

  const requests = events.filter(({ event }) => event === 'request');
  assert.deepEqual(
    requests.slice(0, 9).map((request) => [request.class, request.key, request.viewer, request.replica]),
    [
      ['feedPage', 30n, 30n, 0],
      ['photoPage', 7n, 30n, 0],
      ['photoPage', 7n, 30n, 0],
      ['photoPage', 999_999n, 30n, 0],
      ['profileGrid', 2n, 30n, 0],
      ['like', 7n, 30n, 0],
      ['comment', 7n, 30n, 0],
      ['comments', 7n, 30n, 0],
      ['commentsBy', 2n, 30n, 0],
    ],
  );
  assert.equal(new Set(requests.map(({ request }) => request)).size, 18);
  assert.ok(requests.every((request) => Object.hasOwn(operations, request.class)));
  const numbers = new Set(requests.map(({ request }) => request));
  assert.ok(events.every(({ request, viewer }) => numbers.has(request) && viewer === 30n));

  const ofRequest = (place: number) =>
    events.filter(({ request, event }) => event !== 'request' && request === requests[place]?.request);
  const [feed, ...photos] = ofRequest(0);
  assert.deepEqual(
    [feed?.class, feed?.key, feed?.outcome, feed?.lifetimeMs],
    ['feed', 30n, 'storage', 3_000],
  );
  assert.equal(photos.length, 10);
  assert.ok(photos.every((photo) => photo.class === 'photo' && photo.bytes > 100));
  assert.deepEqual(
    [1, 2, 3].map((place) => ofRequest(place).map(({ outcome, bytes }) => [outcome, bytes > 0])),
    [[['storage', true]], [['memory', true]], [['', false]]],
  );
  assert.deepEqual(
    ofRequest(6).flatMap((event) => (event.event === 'write' ? [[event.class, event.key]] : [])),
    [
      ['photo', 7n],
      ['comments', 7n],
    ],
  );
  assert.deepEqual(
    ofRequest(8).map(({ event, key, outcome }) => [event, key, outcome]),
    [['read', 0n, 'bypass']],
  );
  // The second replica finds in Redis what the first has loaded, and nobody has written since.
  const second = events.filter(({ replica, event }) => replica === 1 && event === 'read');
  assert.ok(second.some(({ outcome }) => outcome === 'redis'));
});

test('identifiers are hashed with a key that no other recording has, people and photos apart', async () => {
  const recordTo = await withRecordedReplicas('hashed', {}, async ([first]) => {
    await first.ask('GET', '/photos/30', asked);
    await first.ask('GET', '/users/30/posts', asked);
    await first.ask('GET', '/photos/30/comments', asked);
  });
  const gather = async (name: string) => {
    await gatherRecording(recordTo, folder.in(name), { ...meta, identifiers: 'hashed' }, tiers);
    return (await eventsOf(folder.in(name))).filter(({ event }) => event === 'request');
  };
  const [photo, profile, comments] = await gather('one.parquet');
  assert.ok(photo && profile && comments);
  assert.equal(photo.key, comments.key);
  assert.notEqual(photo.key, profile.key);
  assert.equal(profile.key, profile.viewer);
  assert.ok([photo, profile].every(({ key }) => key > 1n << 40n));
  const [other] = await gather('other.parquet');
  assert.notEqual(other?.key, photo.key);
});

test('a process that has written down its share ends the recording, which says so', async () => {
  const recordTo = await withRecordedReplicas(
    'full',
    { DARKROOM_RECORD_BYTES: '4096' },
    async ([first, second]) => {
      await second.ask('GET', '/photos/7', asked);
      for (let time = 0; time < 60; time += 1) await first.ask('GET', '/photos/7', asked);
      await second.ask('GET', '/photos/8', asked);
    },
  );
  const file = folder.in('full.parquet');
  const { cut, requests } = await gatherRecording(recordTo, file, { ...meta, identifiers: 'plain' }, tiers);
  assert.match(String(cut), /--record-max/);
  const { events } = await openRecording(file);
  assert.equal(events.meta.cut, cut);
  assert.ok(requests > 20 && requests < 60, `${requests} requests`);
  const rows = await eventsOf(file);
  assert.ok(
    !rows.some(({ key }) => key === 8n),
    'what came after the end of one process is left out, though another wrote it down',
  );
});

test('a process that was killed leaves what it had written, and a part of a record that is left out', async () => {
  mkdirSync(folder.in('killed'));
  const file = folder.in('killed/r1.1');
  const events = createEventFile({
    file,
    bytesMax: 10_000_000,
    onFailed: (error) => assert.fail(String(error)),
  });
  const event = { kind: 'read', request: 1, name: 'photo', thing: 'photo', viewer: 0, bytes: 0 } as const;
  const count = 10_000;
  for (let id = 1; id <= count; id += 1)
    events.add({ ...event, timeUs: id, id, lifetimeMs: 0, outcome: 'joined' });
  await events.close();
  const whole = await openServiceEvents(file);
  assert.deepEqual((await collect(whole.pieces())).flat().length, count);
  // The record that says that it is all, and half of the one before.
  truncateSync(file, statSync(file).size - 68);
  const cut = await openServiceEvents(file);
  const read = (await collect(cut.pieces())).flat();
  assert.equal(read.length, count - 1);
  assert.deepEqual([read[0]?.id, read.at(-1)?.id, read.at(-1)?.outcome], [1, count - 1, 'joined']);
  const gathered = folder.in('killed-gathered.parquet');
  const { cut: why } = await gatherRecording(
    folder.in('killed'),
    gathered,
    { ...meta, identifiers: 'plain' },
    tiers,
  );
  assert.match(String(why), /before it had written down all/);
  assert.deepEqual([whole.end, cut.end], ['closed', 'lost']);
});

test('with "-" all is done but nothing kept, and without a setting nothing is written down', async () => {
  await withRecordedReplicas('nowhere', { DARKROOM_RECORD_TO: '-' }, async ([first]) => {
    assert.equal((await first.ask('GET', '/photos/7', asked)).statusCode, 200);
  });
  assert.deepEqual(readdirSync(folder.in('nowhere')), []);
  assert.equal(existsSync('-'), false);
});
