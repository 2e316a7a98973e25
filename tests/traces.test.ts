import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { startTracing } from '../app/observability/start-tracing.ts';
import type { Tracing } from '../app/observability/tracing.ts';
import { createTestRedis } from './support/databases.ts';
import { startDurableRedis } from './support/own-redis.ts';
import { createSeededDatabase, isUnreachable, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village, villageRows } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const exporter = new InMemorySpanExporter();
const viewer = village.reader;

/** One replica of the service whose spans are kept in memory. */
type TracedApp = { readonly app: TestApp; readonly tracing: Tracing };

async function startTraced(
  candidate: string,
  replica: string,
  environment: Record<string, string>,
): Promise<TracedApp> {
  const tracing = await startTracing({
    mode: 'trace100',
    otlpEndpoint: '',
    replica,
    candidate,
    strategy: candidate,
    isCallerBelieved: true,
    random: () => 1,
    exporter,
  });
  assert.ok(tracing !== null);
  const { DATABASE_URL: databaseUrl, ...rest } = environment;
  const app = await startTestApp({
    candidate,
    ...(databaseUrl !== undefined && { databaseUrl }),
    environment: { DARKROOM_REPLICA: replica, DARKROOM_TELEMETRY: 'trace100', ...rest },
    tracing,
  });
  return { app, tracing };
}

/** What was finished so far, and forgets it. */
async function takeSpans(...traced: readonly TracedApp[]): Promise<ReadableSpan[]> {
  for (const { tracing } of traced) await tracing.flush();
  const spans = exporter.getFinishedSpans();
  exporter.reset();
  return spans;
}

/** Times are summed from whole nanoseconds in two ways. */
const roundingMs = 0.01;
const hrTimeToMs = ([seconds, nanos]: ReadableSpan['startTime']): number => seconds * 1e3 + nanos / 1e6;

const namesOf = (spans: readonly ReadableSpan[]): string[] => spans.map(({ name }) => name).toSorted();
const rootOf = (spans: readonly ReadableSpan[]): ReadableSpan => {
  const root = spans.find(({ kind }) => kind === SpanKind.SERVER);
  assert.ok(root !== undefined, namesOf(spans).join());
  return root;
};
const only = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `${name} in ${namesOf(spans).join()}`);
  return found[0] as ReadableSpan;
};
const isQuery = ({ attributes }: ReadableSpan): boolean => attributes['db.system.name'] === 'postgresql';

function redisEnvironment(): Record<string, string> {
  const { url, keyPrefix } = createTestRedis();
  return { REDIS_URL: url, DARKROOM_REDIS_PREFIX: keyPrefix };
}

describe('the trace of a read', () => {
  let traced: TracedApp;
  before(async () => {
    traced = await startTraced('cache-aside:protection=single-flight', 'r1', redisEnvironment());
    await traced.app.untilItHears();
  });
  after(async () => {
    await traced.app.close();
  });
  beforeEach(async () => {
    await traced.app.ask('GET', '/health/ready');
    await takeSpans(traced);
  });

  it('ML-1: says of a miss which tiers were asked, and has the one query that it took', async () => {
    await traced.app.ask('GET', '/photos/1', { viewer });
    const spans = await takeSpans(traced);
    assert.deepEqual(namesOf(spans), [
      'GET',
      'GET /photos/:photoId',
      'SET',
      'cache.get photo',
      'select_photos',
    ]);
    const root = rootOf(spans);
    assert.equal(root.attributes['http.route'], '/photos/:photoId');
    assert.equal(root.attributes['http.response.status_code'], 200);
    assert.equal(root.resource.attributes['service.instance.id'], 'r1');
    const read = only(spans, 'cache.get photo');
    assert.equal(read.parentSpanContext?.spanId, root.spanContext().spanId);
    assert.deepEqual(
      [read.attributes['cache.name'], read.attributes['cache.result'], read.attributes['cache.tier']],
      ['photo', 'miss', 'none'],
    );
    for (const name of ['GET', 'SET', 'select_photos'])
      assert.equal(only(spans, name).parentSpanContext?.spanId, read.spanContext().spanId, name);
  });

  it('has each span within the time of its parent', async () => {
    await traced.app.ask('GET', '/photos/6', { viewer });
    await traced.app.ask('GET', '/photos/6', { viewer });
    const spans = await takeSpans(traced);
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
    const inside = spans.filter(({ parentSpanContext }) => byId.has(parentSpanContext?.spanId ?? ''));
    assert.equal(inside.length, spans.length - 2);
    for (const child of inside) {
      const parent = byId.get(child.parentSpanContext?.spanId ?? '') as ReadableSpan;
      const [begins, ends] = [hrTimeToMs(child.startTime), hrTimeToMs(child.endTime)];
      const where = `${child.name} in ${parent.name}`;
      assert.ok(begins > hrTimeToMs(parent.startTime) - roundingMs, `${where} begins too early`);
      assert.ok(ends < hrTimeToMs(parent.endTime) + roundingMs, `${where} ends too late`);
    }
  });

  it('has no database span when the feed is warm', async () => {
    const ask = () => traced.app.ask('GET', `/users/${village.reader}/feeds`, { viewer });
    await waitUntil(async () => String((await ask()).headers['cache-status']).startsWith('memory; hit'));
    await takeSpans(traced);
    await ask();
    const spans = await takeSpans(traced);
    assert.ok(!spans.some(isQuery), namesOf(spans).join());
    const feed = only(spans, 'cache.get feed');
    assert.deepEqual([feed.attributes['cache.result'], feed.attributes['cache.tier']], ['hit', 'memory']);
    const photos = only(spans, 'cache.get_many photo');
    assert.equal(photos.attributes['cache.hits'], photos.attributes['cache.keys']);
  });

  it('has one load for many concurrent misses, and says of the others that they joined it', async () => {
    const asked = Array.from({ length: 10 }, () => traced.app.ask('GET', '/photos/2', { viewer }));
    await Promise.all(asked);
    const spans = await takeSpans(traced);
    assert.equal(spans.filter(isQuery).length, 1);
    const results = spans
      .filter(({ name }) => name === 'cache.get photo')
      .map(({ attributes }) => String(attributes['cache.result']));
    assert.deepEqual(results.toSorted(), [...Array.from({ length: 9 }, () => 'coalesced'), 'miss']);
  });

  it('carries on the trace of its caller', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    await traced.app.ask('GET', '/photos/1', { viewer, headers: { traceparent } });
    const root = rootOf(await takeSpans(traced));
    assert.equal(root.spanContext().traceId, traceId);
    assert.equal(root.parentSpanContext?.spanId, 'b7ad6b7169203331');
  });

  it('is named by its route, tells nothing of health checks, and has no key in its attributes', async () => {
    await traced.app.ask('GET', '/photos/3', { viewer });
    await traced.app.ask('GET', '/no/such/path');
    await traced.app.ask('GET', '/health/live');
    const spans = await takeSpans(traced);
    const roots = spans.filter(({ kind }) => kind === SpanKind.SERVER);
    assert.deepEqual(namesOf(roots), ['GET /photos/:photoId', 'GET _unmatched']);
    for (const { name, attributes, kind } of spans) {
      if (kind === SpanKind.SERVER) continue;
      assert.doesNotMatch(`${name} ${JSON.stringify(attributes)}`, /photo:3|darkroom:test/);
    }
  });

  it('is the exemplar of what counted the request, its miss and its load', async () => {
    const linesOfOne = async () => {
      await traced.app.ask('GET', '/photos/4', { viewer });
      const { traceId } = rootOf(await takeSpans(traced)).spanContext();
      const text = await traced.app.metrics.registry.metrics();
      return text.split('\n').filter((line) => line.includes(`trace_id="${traceId}"`));
    };
    const lines = await linesOfOne();
    assert.ok(lines.some((line) => line.startsWith('http_server_request_duration_seconds_bucket')));
    assert.ok(lines.some((line) => /^cache_requests_total\{.*cache_result="miss".*# \{trace_id/.test(line)));
    assert.ok(lines.some((line) => line.startsWith('cache_load_duration_seconds_bucket')));
    const linesOfHit = await linesOfOne();
    assert.ok(linesOfHit.length > 0 && linesOfHit.every((line) => line.startsWith('http_server_request')));
  });

  it('counts how far its spans came', async () => {
    const { counts } = traced.tracing;
    assert.ok(counts !== null);
    const before = counts();
    await traced.app.ask('GET', '/photos/1', { viewer });
    const spans = await takeSpans(traced);
    const now = counts();
    assert.equal(now.recorded - before.recorded, spans.length);
    assert.equal(now.exported - before.exported, spans.length);
    assert.equal(now.dropped, 0);
  });

  it('marks a failed request and the query that failed', async () => {
    await traced.app.sql('ALTER TABLE photos RENAME TO photos_away');
    try {
      await traced.app.ask('GET', '/photos/5', { viewer });
    } finally {
      await traced.app.sql('ALTER TABLE photos_away RENAME TO photos');
    }
    const spans = await takeSpans(traced);
    assert.equal(rootOf(spans).attributes['http.response.status_code'], 500);
    const failed = spans.filter(({ status }) => status.code === 2).map(({ name }) => name);
    assert.deepEqual(failed.toSorted(), ['GET /photos/:photoId', 'cache.get photo', 'select_photos']);
    assert.equal(only(spans, 'select_photos').attributes['error.type'], '42P01');
  });
});

/** These spans and those from here on, until one has this name, which comes behind an answer. */
async function takeUntil(
  traced: TracedApp,
  wanted: string,
  { first = [], limitMs }: { readonly first?: readonly ReadableSpan[]; readonly limitMs?: number } = {},
): Promise<ReadableSpan[]> {
  let spans = [...first];
  await waitUntil(async () => {
    spans = [...spans, ...(await takeSpans(traced))];
    return spans.some(({ name }) => name === wanted);
  }, limitMs);
  return spans;
}

for (const tiers of ['memory', 'redis'])
  it(`a refresh of ${tiers} is a trace of its own that links to the request that asked for it`, async () => {
    const candidate = `stale-while-revalidate:ttl=1s,jitter=0,tiers=${tiers}`;
    const traced = await startTraced(candidate, 'r1', redisEnvironment());
    try {
      let first: ReadableSpan[] = [];
      const isStaleHit = ({ name, attributes }: ReadableSpan) =>
        name === 'cache.get photo' && attributes['cache.result'] === 'stale_hit';
      let aheadMs = 0;
      // A memory that hears of no writes yet takes no entry, and a busy machine may need longer than a stale one is kept.
      await waitUntil(async () => {
        await traced.app.ask('GET', '/photos/1', { viewer });
        aheadMs += 2_000;
        traced.app.clock.resume(-aheadMs);
        await takeSpans(traced);
        await traced.app.ask('GET', '/photos/1', { viewer });
        first = await takeSpans(traced);
        return first.some(isStaleHit);
      });
      const spans = await takeUntil(traced, 'cache.refresh photo', { first });
      const root = rootOf(spans);
      const read = only(spans, 'cache.get photo');
      assert.equal(read.attributes['cache.result'], 'stale_hit');
      const refresh = only(spans, 'cache.refresh photo');
      assert.notEqual(refresh.spanContext().traceId, root.spanContext().traceId);
      assert.equal(refresh.parentSpanContext, undefined);
      assert.equal(refresh.links[0]?.context.traceId, root.spanContext().traceId);
      const query = only(spans, 'select_photos');
      assert.equal(query.spanContext().traceId, refresh.spanContext().traceId);
    } finally {
      await traced.app.close();
    }
  });

/** Long enough for a flush that is due at once. */
const oneTryMs = 5_000;

it('a flush of waiting writes is a trace of its own, not a part of the request that has set it off', async () => {
  const redis = await startDurableRedis();
  const traced = await startTraced('write-behind:flush=1ms', 'r1', { REDIS_URL: redis.url });
  try {
    let spans: ReadableSpan[] = [];
    const ids = villageRows.photos.map(({ id }) => id).values();
    // Of some likes no flush is recorded: the queue, which looks each second for what others have left, took it for nobody, or storage was given it.
    await waitUntil(async () => {
      await traced.app.ask('PUT', `/photos/${ids.next().value}/like`, { viewer });
      spans = await takeUntil(traced, 'cache.flush', { limitMs: oneTryMs }).catch(() => []);
      return spans.length > 0;
    });
    const root = rootOf(spans);
    const flush = only(spans, 'cache.flush');
    assert.notEqual(flush.spanContext().traceId, root.spanContext().traceId);
    assert.equal(flush.links[0]?.context.traceId, root.spanContext().traceId);
    const traceOf = new Map(spans.map((span) => [span.name, span.spanContext().traceId]));
    assert.equal(traceOf.get('insert_likes'), flush.spanContext().traceId, namesOf(spans).join());
    assert.equal(traceOf.get('select_liked'), root.spanContext().traceId, 'the request asks what holds');
  } finally {
    await traced.app.close();
    await redis.stop();
  }
});

it("a write's invalidation reaches the other replica's trace", async () => {
  const database = await createSeededDatabase();
  const environment = { ...redisEnvironment(), DATABASE_URL: database.url };
  const writer = await startTraced('cache-aside', 'r1', environment);
  const other = await startTraced('cache-aside', 'r2', environment);
  try {
    for (const { app } of [writer, other]) await app.untilItHears();
    const [photo] = await writer.app.sql<{ owner_id: number }>('SELECT owner_id FROM photos WHERE id = 1');
    await takeSpans(writer, other);
    const edited = await writer.app.ask('PATCH', '/photos/1', {
      viewer: Number(photo?.owner_id),
      body: { caption: 'new' },
    });
    assert.equal(edited.statusCode, 200, edited.body);
    let spans: ReadableSpan[] = [];
    await waitUntil(async () => {
      spans = [...spans, ...(await takeSpans(writer, other))];
      return spans.some(({ name }) => name === 'cache.invalidate photo');
    });
    const root = rootOf(spans);
    const arrived = only(spans, 'cache.invalidate photo');
    assert.equal(arrived.kind, SpanKind.CONSUMER);
    assert.equal(arrived.spanContext().traceId, root.spanContext().traceId);
    assert.equal(root.resource.attributes['service.instance.id'], 'r1');
    assert.equal(arrived.resource.attributes['service.instance.id'], 'r2');
    assert.ok(Number(arrived.attributes['cache.invalidation_lag_ms']) >= 0);
  } finally {
    await writer.app.close();
    await other.app.close();
    await database.drop();
  }
});

describe('which requests are traced', () => {
  const start = async (isCallerBelieved: boolean): Promise<TracedApp> => {
    const tracing = await startTracing({
      mode: 'trace1',
      otlpEndpoint: '',
      replica: 'r1',
      candidate: 'no-cache',
      strategy: 'no-cache',
      isCallerBelieved,
      random: () => 1,
      exporter,
    });
    assert.ok(tracing !== null);
    return { app: await startTestApp({ environment: { DARKROOM_TELEMETRY: 'trace1' }, tracing }), tracing };
  };
  const ask = async (isCallerBelieved: boolean, flags: string): Promise<number> => {
    const traced = await start(isCallerBelieved);
    try {
      // By its last bytes, this trace is not among the one in a hundred.
      const traceparent = `00-0af7651916cd43ddfffffffffffffff0-b7ad6b7169203331-${flags}`;
      await traced.app.ask('GET', '/photos/1', { viewer, headers: { traceparent } });
      return (await takeSpans(traced)).length;
    } finally {
      await traced.app.close();
    }
  };

  it('is for the caller to say where it is believed', async () => {
    assert.ok((await ask(true, '01')) > 0);
    assert.equal(await ask(true, '00'), 0);
  });

  it('stays with each of many that are asked at once', async () => {
    const traced = await start(true);
    const askAll = () =>
      Promise.all(
        Array.from({ length: 24 }, (_, index) => {
          const traceId = `${index + 1}`.padStart(32, '0');
          const traceparent = `00-${traceId}-b7ad6b7169203331-0${index % 3 === 0 ? '1' : '0'}`;
          return traced.app.ask('GET', `/photos/${1 + (index % 8)}`, { viewer, headers: { traceparent } });
        }),
      );
    try {
      let answers = await askAll();
      let spans = await takeSpans(traced);
      // A busy machine may take a second to open the connections that the first of them ask for: then all of it is asked anew.
      for (let times = 1; times < 20 && answers.some(isUnreachable); times += 1) {
        answers = await askAll();
        spans = await takeSpans(traced);
      }
      for (const { statusCode, body } of answers) assert.equal(statusCode, 200, body);
      const traces = Map.groupBy(spans, (span) => Number(span.spanContext().traceId));
      assert.deepEqual(new Set(traces.keys()), new Set([1, 4, 7, 10, 13, 16, 19, 22]));
      for (const [id, own] of traces) {
        assert.deepEqual(namesOf(own), ['GET /photos/:photoId', 'cache.get photo', 'select_photos']);
        assert.equal(rootOf(own).attributes['url.path'], `/photos/${1 + ((id - 1) % 8)}`);
      }
    } finally {
      await traced.app.close();
    }
  });

  it('is decided by the id of the trace where it is not', async () => {
    assert.equal(await ask(false, '01'), 0);
  });

  it('is none in the modes without spans', async () => {
    for (const mode of ['off', 'metrics'] as const) {
      const options = {
        otlpEndpoint: '',
        replica: 'r1',
        candidate: 'x',
        strategy: 'x',
        isCallerBelieved: true,
        random: () => 1,
      };
      assert.equal(await startTracing({ ...options, mode }), null);
    }
  });
});
