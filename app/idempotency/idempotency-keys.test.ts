import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import pg from 'pg';
import { photoForm } from '../../tests/support/multipart-form.ts';
import { requestOf } from '../../tests/support/photo-operations.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { Ask, TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { operations } from '../contract/operations.ts';
import type { OperationName } from '../contract/operations.ts';
import type { Queries, Statement } from '../storage/statement.ts';
import { createIdempotencyStore } from './idempotency-store.ts';

type Write = {
  [Name in OperationName]: (typeof operations)[Name]['method'] extends 'GET' ? never : Name;
}[OperationName];

const image = readFileSync(join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg'));

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

const writes = (Object.keys(operations) as OperationName[]).filter(
  (name): name is Write => operations[name].method !== 'GET',
);

let keys = 0;
let key = '';
beforeEach(() => {
  keys += 1;
  key = `"key ${keys}"`;
});

/** Asks as the operation does, with a key. */
function askWith(name: Write, header: string, more: { url?: string; viewer?: number } = {}) {
  const { method, url, ask } = requestOf(name, 1);
  const { url: suffix = '', ...who } = more;
  const given: Ask = { ...ask, ...who, headers: { ...ask.headers, 'idempotency-key': header } };
  return app.ask(method, url + suffix, given);
}

/** All rows that writes change, and what of them they change. */
const stored = async () => {
  const [row] = await app.sql<{ rows: string }>(
    `SELECT (SELECT json_agg(photos ORDER BY id) FROM photos)::text || (SELECT json_agg(users ORDER BY id) FROM users)::text
       || (SELECT json_agg(likes ORDER BY photo_id, person_id) FROM likes)::text
       || (SELECT json_agg(comments ORDER BY id) FROM comments)::text
       || (SELECT json_agg(follows ORDER BY follower_id, followed_id) FROM follows)::text AS rows`,
  );
  return row?.rows;
};

describe('the same key and request', () => {
  for (const name of [...writes.filter((one) => one !== 'deletePhoto'), 'deletePhoto' as const])
    it(`are done once and answered alike: ${name}`, async () => {
      const earlier = await stored();
      const first = await askWith(name, key);
      assert.ok(first.statusCode < 300, first.payload);
      assert.equal(first.headers['idempotency-replayed'], undefined);
      const once = await stored();
      assert.notEqual(once, earlier, 'the write changes something');
      for (let times = 0; times < 2; times += 1) {
        const again = await askWith(name, key);
        assert.equal(again.statusCode, first.statusCode);
        assert.equal(again.payload, first.payload);
        assert.equal(again.headers['content-type'], first.headers['content-type']);
        assert.equal(again.headers['idempotency-replayed'], 'true');
      }
      assert.equal(await stored(), once);
      assertProblem(await askWith(name, key, { url: '?other' }), 422, 'IDEMPOTENCY_KEY_REUSED');
      assert.equal(await stored(), once);
    });

  it('are answered with the first refusal too, but not with one that passes', async () => {
    const missing = { headers: { 'idempotency-key': key }, viewer: village.reader };
    const like = () => app.ask('PUT', '/photos/999999/like', missing);
    assertProblem(await like(), 404, 'NOT_FOUND');
    const again = await like();
    assertProblem(again, 404, 'NOT_FOUND');
    assert.equal(again.headers['idempotency-replayed'], 'true');
    await app.sql('ALTER TABLE likes RENAME TO likes_away');
    let other = '';
    // Of a busy machine, storage may not be heard in time: then nothing of the key is known.
    await waitUntil(async () => {
      other = JSON.stringify(`fails in passing ${randomUUID()}`);
      const { statusCode } = await askWith('like', other, { viewer: village.busy });
      assert.ok(statusCode >= 500, String(statusCode));
      return statusCode === 500;
    });
    await app.sql('ALTER TABLE likes_away RENAME TO likes');
    const then = await app.askAgain('PUT', '/photos/2/like', {
      viewer: village.busy,
      headers: { 'idempotency-key': other },
    });
    assert.equal(then.statusCode, 200, 'the key was let go');
  });
});

describe('a key', () => {
  it('belongs to its viewer: another one’s is another key', async () => {
    const comment = (viewer: number) =>
      app.ask('POST', '/photos/2/comments', {
        viewer,
        headers: { 'idempotency-key': key },
        body: { comment: `by ${viewer}` },
      });
    assert.equal((await comment(village.reader)).statusCode, 201);
    const other = await comment(village.busy);
    assert.equal(other.statusCode, 201);
    assert.equal(other.headers['idempotency-replayed'], undefined);
  });

  it('is refused with another body', async () => {
    const comment = (text: string) =>
      app.ask('POST', '/photos/2/comments', {
        viewer: village.reader,
        headers: { 'idempotency-key': key },
        body: { comment: text },
      });
    assert.equal((await comment('one')).statusCode, 201);
    assertProblem(await comment('another'), 422, 'IDEMPOTENCY_KEY_REUSED');
  });

  it('of a form stands for its file and its caption, whatever else the form is like', async () => {
    const post = (caption: string, boundary: string, file = image) => {
      const { headers, body } = photoForm(file, caption);
      const change = (text: string) => text.replaceAll('darkroom-test-boundary', boundary);
      return app.ask('POST', `/users/${village.hermit}/posts`, {
        viewer: village.hermit,
        headers: { 'content-type': change(headers['content-type'] ?? ''), 'idempotency-key': key },
        body: Buffer.from(change(body.toString('latin1')), 'latin1'),
      });
    };
    const first = await post('a caption', 'one');
    assert.equal(first.statusCode, 201, first.payload);
    assert.equal((await post('a caption', 'another')).payload, first.payload);
    assertProblem(await post('another caption', 'one'), 422, 'IDEMPOTENCY_KEY_REUSED');
    const other = Buffer.concat([image, Buffer.from('.')]);
    assertProblem(await post('a caption', 'one', other), 422, 'IDEMPOTENCY_KEY_REUSED');
  });

  it('of a request under way is refused, and serves once that is answered', async () => {
    const comment = () =>
      app.ask('POST', '/photos/2/comments', {
        viewer: village.reader,
        headers: { 'idempotency-key': key },
        body: { comment: 'slow' },
      });
    const { payload } = await comment();
    const ofKey = [JSON.parse(key), new Date(Date.now() + 60_000)];
    await app.sql('UPDATE idempotency_keys SET status = NULL, claimed_until = $2 WHERE key = $1', ofKey);
    assertProblem(await comment(), 409, 'IDEMPOTENCY_KEY_IN_USE');
    await app.sql('UPDATE idempotency_keys SET status = 201 WHERE key = $1', [JSON.parse(key)]);
    assert.equal((await comment()).payload, payload);
  });

  it('that comes several times at once is heeded once', async () => {
    const text = `at once ${key}`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        app.ask('POST', '/photos/2/comments', {
          viewer: village.reader,
          headers: { 'idempotency-key': key },
          body: { comment: text },
        }),
      ),
    );
    const done = answers.filter(({ statusCode }) => statusCode === 201);
    assert.equal(new Set(done.map(({ payload }) => payload)).size, 1);
    for (const answer of answers)
      if (!done.includes(answer)) assertProblem(answer, 409, 'IDEMPOTENCY_KEY_IN_USE');
    assert.equal((await app.sql('SELECT 1 FROM comments WHERE text = $1', [text])).length, 1);
  });

  it('of a write of which nobody knows whether it was done is kept until its claim has run out', async () => {
    await app.sql(
      `CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`,
    );
    await app.sql(
      'CREATE TRIGGER cut_off AFTER INSERT ON comments FOR EACH STATEMENT EXECUTE FUNCTION cut_off()',
    );
    const comment = () =>
      app.ask('POST', '/photos/2/comments', {
        viewer: village.reader,
        headers: { 'idempotency-key': key },
        body: { comment: 'cut off' },
      });
    assertProblem(await comment(), 503, 'STORAGE_UNAVAILABLE');
    await app.sql('DROP FUNCTION cut_off CASCADE');
    assertProblem(await comment(), 409, 'IDEMPOTENCY_KEY_IN_USE');
    await app.sql('UPDATE idempotency_keys SET claimed_until = $2 WHERE key = $1', [
      JSON.parse(key),
      new Date(Date.now() - 1),
    ]);
    assert.equal((await comment()).statusCode, 201);
  });

  it('whose process has died may be used again when its claim has run out, by the world’s time', async () => {
    const clock = Date.now();
    await app.sql(
      `INSERT INTO idempotency_keys (person_id, key, fingerprint, claim, claimed_until, created_at)
       VALUES ($1, $2, 'of another process', gen_random_uuid(), $3, $3)`,
      [village.reader, JSON.parse(key), new Date(clock + 60_000)],
    );
    assertProblem(await askWith('like', key), 422, 'IDEMPOTENCY_KEY_REUSED');
    await app.sql('UPDATE idempotency_keys SET claimed_until = $2 WHERE key = $1', [
      JSON.parse(key),
      new Date(clock - 1),
    ]);
    const request = { viewer: village.reader, headers: { 'idempotency-key': key } };
    assert.equal((await app.ask('PUT', '/photos/3/like', request)).statusCode, 200);
  });

  it('is forgotten when it is a day old, or when its person has a thousand newer ones', async () => {
    await app.sql('DELETE FROM idempotency_keys');
    const fill = (person: number, count: number, ageMs: number) =>
      app.sql(
        `INSERT INTO idempotency_keys (person_id, key, fingerprint, claim, claimed_until, created_at, status, body)
         SELECT $1, 'k' || number, '', gen_random_uuid(), $3, $3::timestamptz + number * interval '1 ms', 204, ''
         FROM generate_series(1, $2::integer) AS number`,
        [person, count, new Date(Date.now() - ageMs)],
      );
    await fill(village.reader, 1_003, 60_000);
    await fill(village.famous, 5, 25 * 3_600_000);
    const request = { viewer: village.reader, headers: { 'idempotency-key': key } };
    assert.equal((await app.ask('PUT', '/photos/3/like', request)).statusCode, 200);
    const left = await app.sql<{ person_id: number; count: number }>(
      `SELECT person_id, count(*)::integer AS count
       FROM idempotency_keys GROUP BY person_id`,
    );
    assert.deepEqual(
      left.map(({ person_id: person, count }) => ({ person, count })),
      [{ person: village.reader, count: 1_000 }],
    );
    const [oldest] = await app.sql<{ key: string }>(
      'SELECT key FROM idempotency_keys ORDER BY created_at LIMIT 1',
    );
    assert.equal(oldest?.key, 'k5', 'the oldest ones went');
  });

  it('locks none of the others that its person has', async () => {
    const keysOf = `SELECT key FROM idempotency_keys WHERE person_id = ${village.busy}`;
    await app.sql(
      `INSERT INTO idempotency_keys (person_id, key, fingerprint, claim, claimed_until, created_at, status, body)
       SELECT $1, 'n' || number, '', gen_random_uuid(), $2, $2::timestamptz, 204, '' FROM generate_series(1, 20) AS number`,
      [village.busy, new Date()],
    );
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    try {
      await client.query('BEGIN');
      const own: Queries = {
        query: async <Row extends object>({ text }: Statement, values: readonly unknown[]) =>
          (await client.query<Row>(text, [...values])).rows,
      };
      const store = createIdempotencyStore(own, Date.now, randomUUID);
      await store.claim({ personId: village.busy, key: 'of its own', fingerprint: '' });
      const [known, free] = [await app.sql(keysOf), await app.sql(`${keysOf} FOR UPDATE SKIP LOCKED`)];
      assert.equal(free.length, known.length);
    } finally {
      await client.end();
    }
  });

  it('costs no query where none is sent, and is no header of reads', async () => {
    const [count] = await app.sql<{ keys: number }>('SELECT count(*)::integer AS keys FROM idempotency_keys');
    await app.ask('PUT', '/photos/3/like', { viewer: village.reader });
    await app.ask('GET', '/photos/3', { headers: { 'idempotency-key': key } });
    const [after] = await app.sql<{ keys: number }>('SELECT count(*)::integer AS keys FROM idempotency_keys');
    assert.deepEqual(after, count);
    const earlier = (await app.counters()).storageQueries;
    await app.ask('PUT', '/photos/3/like', { viewer: village.reader });
    const plain = (await app.counters()).storageQueries - earlier;
    await app.ask('PUT', '/photos/3/like', { viewer: village.reader, headers: { 'idempotency-key': key } });
    assert.equal((await app.counters()).storageQueries - earlier, 2 * plain + 2);
  });

  it('must be one, and needs a viewer', async () => {
    assertProblem(await askWith('like', 'no key'), 400, 'INVALID_IDEMPOTENCY_KEY');
    const nobody = { headers: { 'idempotency-key': key } };
    assertProblem(await app.ask('PUT', '/photos/3/like', nobody), 401, 'VIEWER_REQUIRED');
    const stranger = { ...nobody, viewer: village.nobody };
    assertProblem(await app.ask('PUT', `/photos/999999/like`, stranger), 404, 'NOT_FOUND');
  });
});
