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
import { createMetrics } from './metrics.ts';
import type { MetricsOptions } from './metrics.ts';
import { createMetricsServer } from './metrics-server.ts';
import { answersOf } from '../../cli/worlds/cache-counts.ts';

const tiers = { local: 'memory', shared: 'redis' };

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

  it('have what may happen to a write in this candidate, whether it has happened or not', () => {
    const outcomes = (pattern: RegExp) =>
      samplesOf(serviceMetrics.cacheInvalidations.name).filter((line) => pattern.test(line)).length;
    // Of the four entities that writes change; a feed is invalidated by nobody.
    assert.equal(outcomes(/outcome="failed"/), 4);
    assert.equal(outcomes(/cache_name=""/), 3);
    assert.deepEqual(samplesOf(serviceMetrics.cacheQueuedWrites.name), []);
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

describe('before anything has happened', () => {
  const names = ['photo', 'comments', 'feed'];
  const written = ['photo', 'comments'];
  const exposed = async (possible?: MetricsOptions['possible']): Promise<string[]> => {
    const run = { strategy: 's', candidate: 's', tiers, replica: 'r1', mode: 'metrics' } as const;
    const { registry } = createMetrics({ ...run, ...(possible !== undefined && { possible }) });
    return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
  const zeros = async (name: string, possible?: MetricsOptions['possible']): Promise<string[]> =>
    (await exposed(possible)).filter((line) => line.startsWith(`${name}{`));

  it('requests are exposed by whether they failed, at 0: no rate sees the value with which a series is born', async () => {
    assert.deepEqual(await zeros('http_server_requests_total'), [
      'http_server_requests_total{outcome="ok"} 0',
      'http_server_requests_total{outcome="failed"} 0',
    ]);
  });

  it('so are the messages of a bus, and what may be lost of them', async () => {
    const possible = {
      names,
      written,
      invalidations: ['sent', 'received', 'failed'],
      defersWrites: false,
    } as const;
    const lines = await zeros('cache_invalidations_total', possible);
    assert.equal(lines.length, 3 + 2 * 3);
    for (const outcome of ['disconnected', 'resumed', 'loss-noticed'])
      assert.ok(lines.includes(`cache_invalidations_total{cache_name="",outcome="${outcome}"} 0`), outcome);
    for (const outcome of ['sent', 'received', 'failed'])
      assert.ok(
        lines.includes(`cache_invalidations_total{cache_name="photo",outcome="${outcome}"} 0`),
        outcome,
      );
    assert.deepEqual(await zeros('cache_queued_writes_total', possible), []);
  });

  it('who only listens sends nothing, and who does not even listen tells nothing', async () => {
    const listening = { names, written, invalidations: ['received'], defersWrites: false } as const;
    assert.equal((await zeros('cache_invalidations_total', listening)).length, 3 + 2);
    const deaf = { names, written, invalidations: [], defersWrites: false } as const;
    assert.deepEqual(await zeros('cache_invalidations_total', deaf), []);
    assert.deepEqual(await zeros('cache_invalidations_total'), []);
  });

  it('so is what may become of deferred writes', async () => {
    const possible = {
      names,
      written,
      invalidations: ['sent', 'received', 'failed'],
      defersWrites: true,
    } as const;
    const lines = await zeros('cache_queued_writes_total', possible);
    assert.deepEqual(
      lines.map((line) => /outcome="([\w-]+)"\} 0$/.exec(line)?.[1]),
      ['appended', 'full', 'unavailable', 'flushed', 'failed', 'refused', 'set-aside'],
    );
  });
});

describe('what only some candidates do', () => {
  it('is exposed with all that may become of it once it has happened', async () => {
    const run = { strategy: 's', candidate: 's', tiers, replica: 'r1', mode: 'metrics' } as const;
    const { registry, observers } = createMetrics(run);
    const lines = async (name: string) =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
    assert.deepEqual(await lines('cache_refreshes_total'), []);
    observers?.cache.happened({ type: 'refresh', name: 'photo', outcome: 'started' });
    observers?.cache.happened({ type: 'refresh', name: 'photo', outcome: 'started' });
    observers?.cache.happened({ type: 'lease', name: 'photo', outcome: 'granted' });
    assert.deepEqual(await lines('cache_refreshes_total'), [
      'cache_refreshes_total{cache_name="photo",outcome="started"} 2',
      'cache_refreshes_total{cache_name="photo",outcome="failed"} 0',
      'cache_refreshes_total{cache_name="photo",outcome="skipped"} 0',
    ]);
    assert.equal((await lines('cache_leases_total')).length, 4);
  });
});

describe('what was the most since the last scrape', () => {
  it('is told once, and then counts from what is there now', async () => {
    const { registry, observers } = createMetrics({
      strategy: 's',
      candidate: 's',
      tiers,
      replica: 'r1',
      mode: 'metrics',
    });
    assert.ok(observers !== null);
    const peak = async () =>
      /^cache_loads_inflight_peak\{cache_name="photo"\} (\d+)$/m.exec(await registry.metrics())?.[1];
    const { happened } = observers.cache;
    const loaded = { type: 'loaded', name: 'photo', keys: 1, durationMs: 1, isFailed: false } as const;
    for (let load = 0; load < 3; load += 1) happened({ type: 'loading', name: 'photo' });
    for (let load = 0; load < 2; load += 1) happened(loaded);
    assert.equal(await peak(), '3');
    assert.equal(await peak(), '1');
    happened(loaded);
    assert.equal(await peak(), '1');
    assert.equal(await peak(), '0');
  });
});

describe('the queue of writes', () => {
  it('is as long as it was last seen, and has no length where there is none', async () => {
    const run = { strategy: 's', candidate: 's', tiers, replica: 'r1', mode: 'metrics' } as const;
    const { registry, observers } = createMetrics(run);
    const length = async () => /^cache_write_queue_entries (\d+)$/m.exec(await registry.metrics())?.[1];
    assert.equal(await length(), undefined);
    observers?.cache.happened({ type: 'queue-length', writes: 7 });
    assert.equal(await length(), '7');
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
