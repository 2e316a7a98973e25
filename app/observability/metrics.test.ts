import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createTestRedis } from '../../tests/support/databases.ts';
import { photoForm } from '../../tests/support/multipart-form.ts';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village } from '../../tests/support/village-rows.ts';
import { runtimeMetrics, serviceMetrics } from '../contract/service-metrics.ts';
import { createMetricsServer } from './metrics-server.ts';
import { answersOf } from '../../cli/experiment/cache-counts.ts';

let app: TestApp;
let text: string;
before(async () => {
  const redis = createTestRedis();
  app = await startTestApp({
    candidate: 'versioned',
    environment: { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: redis.keyPrefix },
  });
  const image = join(import.meta.dirname, '..', '..', 'loadtests', 'media', 'sample-1.jpg');
  const viewer = village.reader;
  for (let round = 0; round < 2; round += 1) {
    for (const path of [
      '/photos/1',
      '/photos/1/comments',
      '/users/2/posts',
      '/users/1/followers',
      '/users/30/feeds',
    ])
      await app.ask('GET', path, { viewer });
  }
  await app.ask('PUT', '/photos/2/like', { viewer });
  await app.ask('POST', '/photos/2/comments', { viewer, body: { comment: 'x' } });
  await app.ask('POST', `/users/${viewer}/posts`, { viewer, ...photoForm(await readFile(image)) });
  await app.ask('GET', '/photos/999999');
  await app.ask('GET', '/some/path/12345');
  await app.ask('DELETE', '/photos/12345/like');
  await app.ask('GET', '/health/ready');
  text = await app.metrics.registry.metrics();
});
after(() => app.close());

/** The samples of one metric, as they stand in the text. */
const samplesOf = (name: string) =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('the metrics', () => {
  it('have every name of the catalogue', () => {
    for (const { name } of Object.values({ ...serviceMetrics, ...runtimeMetrics })) {
      const family = name.replace(/_total$/, '');
      assert.ok(text.includes(`# TYPE ${family} `), name);
    }
  });

  it('count a request by its route, never by its path', () => {
    const counts = samplesOf(`${serviceMetrics.requestDuration.name}_count`);
    const photoPage = counts.find((line) => line.includes('"/photos/:photoId"') && line.includes('"200"'));
    assert.match(String(photoPage), /http_request_method="GET"/);
    assert.match(String(photoPage), /cache_strategy="versioned"/);
    assert.match(String(photoPage), / 2$/);
    assert.ok(counts.some((line) => line.includes('"_unmatched"') && line.includes('"404"')));
    assert.ok(counts.every((line) => !/12345|999999|some|health/.test(line)));
  });

  it('count a query by the name of its statement', () => {
    const counts = samplesOf(`${serviceMetrics.storageDuration.name}_count`);
    const names = counts.map((line) => /db_operation_name="(\w+)"/.exec(line)?.[1]);
    for (const name of ['select_photos', 'select_feed', 'insert_like', 'insert_photo', 'ping'])
      assert.ok(names.includes(name), name);
    assert.ok(counts.every((line) => line.includes('db_system_name="postgresql"')));
  });

  it('show the pool, the CPU and the event loop', () => {
    const states = samplesOf(serviceMetrics.storageConnections.name).map((line) =>
      String(/state="(\w+)"/.exec(line)?.[1]),
    );
    assert.deepEqual(states.toSorted(), ['idle', 'pending', 'used']);
    assert.match(String(samplesOf(runtimeMetrics.processCpu.name)[0]), / \d/);
    const utilization = Number(samplesOf(runtimeMetrics.eventLoopUtilization.name)[0]?.split(' ').at(-1));
    assert.ok(utilization >= 0 && utilization <= 1);
  });

  it('account for every read by the part that answered it', async () => {
    const { cache } = await app.counters();
    const { reads, memoryHits, loads } = cache;
    assert.ok(reads > 0 && loads > 0 && memoryHits > 0, JSON.stringify(cache));
    assert.equal(answersOf(cache), reads);
  });

  it('count the keys of a load, and the load once', async () => {
    const sum = (name: string) =>
      samplesOf(name).reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
    const [keys, calls] = [
      sum(serviceMetrics.cacheLoadedKeys.name),
      sum(`${serviceMetrics.cacheLoadDuration.name}_count`),
    ];
    const { cache } = await app.counters();
    assert.ok(calls > 0 && keys > calls, `${keys} keys in ${calls} loads`);
    assert.equal(keys, cache.loads);
  });

  it('stay few', () => {
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(samples.length < 4_000, `${samples.length} samples`);
  });
});

describe('the address of the metrics', () => {
  it('serves them as OpenMetrics, to GET only, and counts itself nowhere', async () => {
    const server = createMetricsServer(app.metrics.registry);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const requests = (await app.counters()).requests;
      const response = await fetch(`${address}/metrics`);
      assert.equal(response.status, 200);
      assert.match(String(response.headers.get('content-type')), /^application\/openmetrics-text; version=1/);
      assert.match(await response.text(), /# EOF\n$/);
      assert.equal((await fetch(`${address}/`)).status, 404);
      assert.equal((await fetch(`${address}/metrics`, { method: 'POST' })).status, 404);
      assert.equal((await app.counters()).requests, requests);
    } finally {
      server.close();
    }
  });
});
