import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTestRedis } from '../../tests/support/databases.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';

let folder: string;
let app: TestApp;
let plain: TestApp;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-namespaces-'));
  const file = join(folder, 'namespaces.json');
  const open = { isOpen: true };
  const namespaces = {
    quick: { type: 'best-effort', ...open },
    late: { type: 'eventual', ...open },
    exact: { type: 'accurate', ...open },
  };
  await writeFile(file, JSON.stringify(namespaces));
  const { url, keyPrefix } = createTestRedis();
  [app, plain] = await Promise.all([
    startTestApp({
      candidate: 'no-cache:counter=eventual',
      environment: { REDIS_URL: url, DARKROOM_REDIS_PREFIX: keyPrefix, DARKROOM_COUNTER_NAMESPACES: file },
    }),
    startTestApp(),
  ]);
});
after(async () => {
  await Promise.all([app.close(), plain.close()]);
  await rm(folder, { recursive: true });
});

const viewer = 7;
const post = (path: string, body: object, of = app) => of.ask('POST', `/counters/${path}`, { viewer, body });
const token = (ageMs = 0, name = 'a') => ({
  idempotencyToken: { token: name, generationTime: new Date(app.clock.now() - ageMs).toISOString() },
});

test('DC-1: three modes, chosen by the namespace alone, take the same four operations', async () => {
  for (const [namespace, mode] of [
    ['quick', 'best-effort'],
    ['late', 'eventual'],
    ['exact', 'accurate'],
  ]) {
    const own = token();
    const first = await post(`${namespace}/photo:1/add`, { delta: 5, ...own });
    assert.equal(first.statusCode, 202, first.body);
    assert.deepEqual(first.json(), { accepted: true, generationTime: own.idempotencyToken.generationTime });
    const second = await post(`${namespace}/photo:1/add-and-get`, { delta: -2 });
    assert.equal(second.statusCode, 200, second.body);
    // An eventual one knows of its own event only: nobody rolls up here.
    assert.equal(second.json<{ count: number }>().count, mode === 'eventual' ? -2 : 3);
    const got = await app.ask('GET', `/counters/${namespace}/photo:1`, { viewer });
    assert.deepEqual(got.json(), { count: mode === 'eventual' ? 0 : 3, rolledUpTo: null, mode });
    assert.equal((await post(`${namespace}/photo:1/clear`, {})).statusCode, 202);
    const cleared = await app.ask('GET', `/counters/${namespace}/photo:1`, { viewer });
    assert.equal(cleared.json<{ count: number }>().count, 0);
  }
});

test('a clear needs no body, and takes none but an object', async () => {
  assert.equal((await post('quick/bare/add', { delta: 5 })).statusCode, 202);
  const cleared = await app.ask('POST', '/counters/quick/bare/clear', { viewer });
  assert.equal(cleared.statusCode, 202, cleared.body);
  const got = await app.ask('GET', '/counters/quick/bare', { viewer });
  assert.equal(got.json<{ count: number }>().count, 0);
  for (const body of [[], { delta: 1 }])
    assertProblem(await post('quick/bare/clear', body), 400, 'INVALID_REQUEST');
});

test('a namespace that is unknown, or the service’s own, is refused with its code', async () => {
  assertProblem(await post('nowhere/a/add', { delta: 1 }), 404, 'COUNTER_NAMESPACE_UNKNOWN');
  for (const namespace of ['likes', 'followers', 'views']) {
    assertProblem(await post(`${namespace}/1/add`, { delta: 1 }), 403, 'COUNTER_NAMESPACE_CLOSED');
    assertProblem(await post(`${namespace}/1/clear`, {}), 403, 'COUNTER_NAMESPACE_CLOSED');
    assertProblem(
      await app.ask('GET', `/counters/${namespace}/1`, { viewer }),
      403,
      'COUNTER_NAMESPACE_CLOSED',
    );
  }
});

test('who is nobody counts nothing and reads nothing', async () => {
  assertProblem(await app.ask('GET', '/counters/late/a'), 401, 'VIEWER_REQUIRED');
  assertProblem(
    await app.ask('POST', '/counters/late/a/add', { body: { delta: 1 } }),
    401,
    'VIEWER_REQUIRED',
  );
});

test('bad input has a code and a sentence of its own', async () => {
  for (const delta of [1_000_000_001, -1_000_000_001])
    assertProblem(await post('late/a/add', { delta }), 422, 'COUNTER_DELTA_OUT_OF_RANGE');
  const early = { delta: 1, ...token(-60_000) };
  assertProblem(await post('late/a/add', early), 422, 'COUNTER_TOKEN_FROM_FUTURE');
  const old = await post('late/a/add', { delta: 1, ...token(60_000) });
  assertProblem(old, 422, 'COUNTER_EVENT_TOO_OLD');
  assert.match(old.json<{ detail: string }>().detail, /limit is 1000 ms/);
  assertProblem(await post('late/a/clear', token(60_000)), 422, 'COUNTER_EVENT_TOO_OLD');
  assert.equal(
    (await post('quick/a/add', { delta: 1, ...token(60_000) })).statusCode,
    202,
    'age means nothing there',
  );
});

test('a name that is too long, or has other characters, has a code and a sentence of its own', async () => {
  const names = {
    [`late/${'n'.repeat(81)}`]: /params\/counter must be up to 80/,
    [`${'n'.repeat(33)}/a`]: /params\/namespace must be up to 32/,
    'late/a%20b': /params\/counter/,
    'Late/a': /params\/namespace/,
  };
  for (const [name, sentence] of Object.entries(names)) {
    const answers = [
      await post(`${name}/add`, { delta: 1 }),
      await post(`${name}/add-and-get`, { delta: 1 }),
      await post(`${name}/clear`, {}),
      await app.ask('GET', `/counters/${name}`, { viewer: 7 }),
    ];
    for (const answer of answers) {
      assertProblem(answer, 400, 'COUNTER_NAME_INVALID');
      assert.match(answer.json<{ detail: string }>().detail, sentence);
    }
  }
});

test('what is no request is told as such', async () => {
  const invalid: readonly (readonly [path: string, body: object])[] = [
    ['late/a/add', {}],
    ['late/a/add', { delta: '1' }],
    ['late/a/add', { delta: 1.5 }],
    ['late/a/add', { delta: 1, more: 1 }],
    ['late/a/add', { delta: 1, idempotencyToken: { token: 'a' } }],
    ['late/a/add', { delta: 1, idempotencyToken: { token: 'a', generationTime: 'yesterday' } }],
    ['late/a/add', { delta: 1, idempotencyToken: { token: 'a', generationTime: '2026-13-40T25:00:00Z' } }],
    ['late/a/add', { delta: 1, idempotencyToken: { token: 'a b', generationTime: '2026-01-01T00:00:00Z' } }],
    [
      'late/a/add',
      { delta: 1, idempotencyToken: { token: 't'.repeat(65), generationTime: '2026-01-01T00:00:00Z' } },
    ],
  ];
  for (const [path, body] of invalid) assertProblem(await post(path, body), 400, 'INVALID_REQUEST');
});

test('where nobody says otherwise, the lab counts in rows and no Redis is there', async () => {
  assert.equal((await post('lab/a/add', { delta: 2 }, plain)).statusCode, 202);
  const answer = await plain.ask('GET', '/counters/lab/a', { viewer });
  assert.deepEqual(answer.json(), { count: 2, rolledUpTo: null, mode: 'row' });
  const rows = await plain.sql<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname LIKE 'counter_events_2%' AND relkind = 'r'`,
  );
  assert.deepEqual(rows, [], 'no slice of a log was made');
});
