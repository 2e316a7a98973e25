import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { blobNamesOf } from '../app/contract/renditions.ts';
import { createS3Blobs } from '../app/storage/s3-blobs.ts';
import { samplePhotos } from '../loadtests/workloads/sample-photos.ts';
import { createTestDatabase } from './support/databases.ts';
import { startS3Server } from './support/s3-server.ts';

const media = mkdtempSync(join(tmpdir(), 'darkroom-media-'));
after(() => rmSync(media, { recursive: true, force: true }));
const main = join(import.meta.dirname, '..', 'cli', 'main.ts');

/** What the command says, and its status. */
async function seed(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ status: number; stderr: string }> {
  const env = { ...process.env, DATABASE_URL: databaseUrl, DARKROOM_MEDIA_DIR: media, ...environment };
  const args = [main, 'seed', '--people', '30', '--photos', '60'];
  return promisify(execFile)(process.execPath, args, { env }).then(
    ({ stderr }) => ({ status: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ status: code, stderr }),
  );
}

test('seed fills a database once, and puts its photos where the service looks for them', async () => {
  const database = await createTestDatabase();
  try {
    const first = await seed(database.url);
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stderr, /Seeding 30 people and 60 photos/);
    assert.ok(readdirSync(media).length > 0);
    const second = await seed(database.url);
    assert.equal(second.status, 0);
    assert.match(second.stderr, /has people already/);
  } finally {
    await database.drop();
  }
});

test('seed puts its photos into the bucket that the service is told to use, and says what is wrong with that', async () => {
  const s3 = await startS3Server();
  const database = await createTestDatabase();
  const unused = mkdtempSync(join(tmpdir(), 'darkroom-media-'));
  const settings = {
    DARKROOM_MEDIA_DIR: unused,
    DARKROOM_BLOB_STORE: 's3',
    DARKROOM_S3_ENDPOINT: s3.settings.s3Endpoint,
    DARKROOM_S3_ACCESS_KEY_ID: s3.settings.s3AccessKeyId,
    DARKROOM_S3_SECRET_ACCESS_KEY: s3.settings.s3SecretAccessKey,
  };
  const blobs = createS3Blobs(s3.settings);
  try {
    const unnamed = await seed(database.url, settings);
    assert.equal(unnamed.status, 2, unnamed.stderr);
    assert.match(unnamed.stderr, /DARKROOM_S3_BUCKET must be set/);
    const missing = await seed(database.url, { ...settings, DARKROOM_S3_BUCKET: 'nowhere' });
    assert.equal(missing.status, 20, missing.stderr);
    assert.match(missing.stderr, /The images could not be stored: .*\n {2}Name the server, the bucket/);
    const named = await seed(database.url, { ...settings, DARKROOM_S3_BUCKET: s3.settings.s3Bucket });
    assert.equal(named.status, 0, named.stderr);
    for (const { digest } of samplePhotos)
      for (const name of blobNamesOf(digest)) assert.ok(await blobs.has(name), name);
    assert.deepEqual(readdirSync(unused), []);
  } finally {
    blobs.close();
    rmSync(unused, { recursive: true });
    await database.drop();
    await s3.stop();
  }
});

test('seed refuses a database of somebody else before it changes anything', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  try {
    await client.connect();
    await client.query('CREATE TABLE users (id integer, email text); CREATE TABLE orders (id integer)');
    const { status, stderr } = await seed(database.url);
    assert.equal(status, 2, stderr);
    assert.match(
      stderr,
      /STORAGE_NOT_OURS: .*public\.orders, public\.users\. Nothing was changed\.\n {2}Name an empty/,
    );
    const { rows } = await client.query(
      "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'",
    );
    assert.deepEqual(rows, [{ tables: 2 }]);
  } finally {
    await client.end();
    await database.drop();
  }
});

test('of two that seed a database at the same time, one fills it', async () => {
  const database = await createTestDatabase();
  try {
    const both = await Promise.all([seed(database.url), seed(database.url)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [0, 0],
      both.map(({ stderr }) => stderr).join(),
    );
    const others = both.filter(({ stderr }) => /has people already|has filled it meanwhile/.test(stderr));
    assert.equal(others.length, 1);
  } finally {
    await database.drop();
  }
});

test('seed says what it lacks', async () => {
  const none = await seed('');
  assert.equal(none.status, 2);
  assert.match(none.stderr, /DATABASE_URL names no database/);
  const gone = await seed('postgres://nobody@127.0.0.1:9/none');
  assert.equal(gone.status, 20);
  assert.doesNotMatch(gone.stderr, /\n\s+at /);
});
