import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestApp } from '../tests/support/test-app.ts';
import type { TestApp } from '../tests/support/test-app.ts';
import { counterOperations, operations, peopleOperations } from './contract/operations.ts';
import { createTestRedis } from '../tests/support/databases.ts';
import { waitUntil } from '../tests/support/wait-until.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

describe('the description of the API', () => {
  it('lists every operation, and nothing that is for operators', async () => {
    const response = await app.ask('GET', '/openapi.json');
    assert.equal(response.statusCode, 200);
    const { openapi, paths } = response.json<{
      openapi: string;
      paths: Record<string, Record<string, object>>;
    }>();
    assert.match(openapi, /^3\./);
    const listed = Object.entries(paths).flatMap(([path, list]) =>
      Object.keys(list).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const expected = Object.values({ ...operations, ...peopleOperations, ...counterOperations }).map(
      ({ method, route }) => `${method} ${route.replace(/:([A-Za-z]+)/g, '{$1}')}`,
    );
    // A client that knows no renditions reads the whole picture.
    assert.deepEqual(listed.toSorted(), [...expected, 'GET /media/{digest}'].toSorted());
  });

  it('says what a body must be and what comes back', async () => {
    const { paths } = (await app.ask('GET', '/openapi.json')).json<{
      paths: Record<string, Record<string, { requestBody?: object; responses: Record<string, object> }>>;
    }>();
    assert.ok(JSON.stringify(paths['/photos/{photoId}/comments']?.['post']?.requestBody).includes('comment'));
    const page = JSON.stringify(paths['/photos/{photoId}']?.['get']?.responses['200']);
    for (const field of ['numberOfLikes', 'version', 'imageUrl']) assert.ok(page.includes(field), field);
  });
});

describe('health', () => {
  it('is live and ready', async () => {
    assert.deepEqual((await app.ask('GET', '/health/live')).json(), { status: 'live' });
    assert.deepEqual((await app.ask('GET', '/health/ready')).json(), { status: 'ready' });
  });

  it('is no longer ready once it drains, and finishes what it is asked', async () => {
    const draining = await startTestApp({ databaseUrl: app.databaseUrl });
    draining.drain();
    const ready = await draining.ask('GET', '/health/ready');
    assert.equal(ready.statusCode, 503);
    assert.deepEqual(ready.json(), { status: 'not ready', reason: 'draining' });
    assert.equal((await draining.ask('GET', '/photos/1')).statusCode, 200);
    await draining.close();
  });
});

describe('closing', () => {
  it('lets go of every connection to storage', async () => {
    const redis = createTestRedis();
    const environment = { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: redis.keyPrefix };
    const { databaseUrl } = app;
    const name = new URL(databaseUrl).pathname.slice(1);
    const connections = async () => {
      const [row] = await app.sql<{ count: number }>(
        'SELECT count(*)::integer AS count FROM pg_stat_activity WHERE datname = $1',
        [name],
      );
      return row?.count ?? 0;
    };
    const before = await connections();
    const second = await startTestApp({ databaseUrl, candidate: 'versioned', environment });
    await Promise.all(Array.from({ length: 8 }, (_, index) => second.ask('GET', `/photos/${index + 1}`)));
    assert.ok((await connections()) > before);
    await second.close();
    // PostgreSQL strikes a connection off its list a moment after it is closed.
    await waitUntil(async () => (await connections()) <= before);
  });

  it('bounds how long a request may take to arrive', () => {
    const { headersTimeout, requestTimeout } = app.app.server;
    assert.deepEqual({ headersTimeout, requestTimeout }, { headersTimeout: 10_000, requestTimeout: 600_000 });
  });
});
