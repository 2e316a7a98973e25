import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { pino } from 'pino';
import { buildGateway } from '../app/build-gateway.ts';
import { buildLeader } from '../app/build-leader.ts';
import { buildRollupWorker } from '../app/build-rollup-worker.ts';
import { createStoppableClock, createSystemClock } from '../app/clock.ts';
import { readConfig } from '../app/config.ts';
import { createProcessRegistry } from '../app/observability/process-registry.ts';
import { startTracing } from '../app/observability/start-tracing.ts';
import type { ProcessParts } from '../app/process/process-parts.ts';
import { createTestRedis } from './support/databases.ts';
import type { TestDatabase } from './support/databases.ts';
import { createSeededDatabase, startTestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const exporter = new InMemorySpanExporter();
const redis = createTestRedis();
let database: TestDatabase;
before(async () => {
  database = await createSeededDatabase();
});
after(() => database.drop());
beforeEach(() => exporter.reset());

/** What a process of this candidate is made of, whose spans are kept in memory. */
async function partsOf(candidate: string, environment: Record<string, string> = {}): Promise<ProcessParts> {
  const config = readConfig({
    DARKROOM_CANDIDATE: `no-cache:${candidate}`,
    DARKROOM_TELEMETRY: 'trace100',
    DARKROOM_PORT: '0',
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_GATEWAY_LEASE_MS: '1000',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    DARKROOM_REDIS_PREFIX: redis.keyPrefix,
    ...environment,
  });
  const identity = { candidate, strategy: 'no-cache', replica: config.replica, mode: config.telemetry };
  const tracing = await startTracing({
    ...identity,
    otlpEndpoint: '',
    isCallerBelieved: true,
    random: () => 1,
    exporter,
  });
  assert.ok(tracing !== null);
  return {
    config,
    tracing,
    logger: pino({ level: 'silent' }),
    clock: createStoppableClock(createSystemClock()),
    registry: createProcessRegistry(identity),
    random: Math.random,
    uniqueId: () => crypto.randomUUID(),
  };
}

async function finishedSpans({ tracing }: ProcessParts): Promise<readonly ReadableSpan[]> {
  await tracing?.flush();
  return exporter.getFinishedSpans();
}

/** The header has two decimals. */
const roundingMs = 0.005;
const msOf = ([seconds, nanos]: ReadableSpan['startTime']): number => seconds * 1e3 + nanos / 1e6;

/** The spans of the trace of the one request that was asked. */
async function traceOfRequest(parts: ProcessParts) {
  const spans = await finishedSpans(parts);
  const [request, ...others] = spans.filter(({ kind }) => kind === SpanKind.SERVER);
  assert.ok(request !== undefined && others.length === 0, spans.map(({ name }) => name).join());
  return {
    request,
    spans: spans.filter((one) => one.spanContext().traceId === request.spanContext().traceId),
  };
}

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `${name} among ${spans.map((span) => span.name).join()}`);
  return found[0] as ReadableSpan;
};

const isWithin = (inner: ReadableSpan, outer: ReadableSpan): boolean =>
  inner.parentSpanContext?.spanId === outer.spanContext().spanId &&
  msOf(inner.startTime) >= msOf(outer.startTime) &&
  msOf(inner.endTime) <= msOf(outer.endTime);

describe('the trace of a query through a gateway', () => {
  const candidate = 'gateway=consistent,records=5';
  const startGateway = async (context: TestContext, environment: Record<string, string> = {}) => {
    const parts = await partsOf(candidate, environment);
    const { http, close } = await buildGateway(parts);
    let isClosed: Promise<void> | undefined;
    context.after(() => (isClosed ??= close()));
    return { parts, ask: (path: string) => fetch(`http://127.0.0.1:${http}/metadata/${path}`) };
  };

  it('has the wait for the leader as a part of its own, and an error where nobody vouched', async (context) => {
    const leader = await buildLeader(await partsOf(candidate));
    const { parts, ask } = await startGateway(context, { DARKROOM_LAB_STREAM_DELAY_MS: '20' });
    const askFor = async (status: number): Promise<Response> => {
      let answer: Response | undefined;
      await waitUntil(async () => {
        await finishedSpans(parts);
        exporter.reset();
        answer = await ask('posts?limit=2');
        return answer.status === status;
      });
      return answer ?? assert.fail('nothing was asked');
    };
    // On a busy machine the leader may stand still for longer than it leads that nobody hears of.
    const answer = await askFor(200);
    const waitedMs = Number(/^sync;dur=([\d.]+)$/.exec(answer.headers.get('server-timing') ?? '')?.[1]);
    const { request, spans } = await traceOfRequest(parts);
    const wait = named(spans, 'gateway synchronise');
    assert.ok(isWithin(wait, request));
    assert.ok(
      waitedMs > 0 && msOf(wait.duration) >= waitedMs - roundingMs,
      `${msOf(wait.duration)} ms, and ${waitedMs}`,
    );
    assert.equal(wait.status.code, SpanStatusCode.UNSET);

    await leader.close();
    await askFor(503);
    const refused = await traceOfRequest(parts);
    assert.equal(named(refused.spans, 'gateway synchronise').status.code, SpanStatusCode.ERROR);
  });
});

describe('the trace of a count', () => {
  const candidate = 'counter=eventual,window=50ms,coalesce=50ms';
  const environment = { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: redis.keyPrefix };

  it('has the operation in its request, and the rollup behind it in a trace of its own with its statements', async () => {
    const parts = await partsOf(candidate);
    const app = await startTestApp({
      candidate: `no-cache:${candidate}`,
      databaseUrl: database.url,
      environment: { DARKROOM_TELEMETRY: 'trace100', ...environment },
      tracing: parts.tracing,
    });
    const worker = await buildRollupWorker(parts);
    try {
      const added = await app.ask('POST', '/counters/lab/traced/add', {
        viewer: village.reader,
        body: { delta: 3 },
      });
      assert.equal(added.statusCode, 202, added.body);
      const { request, spans } = await traceOfRequest(parts);
      assert.ok(isWithin(named(spans, 'counters.add eventual'), request));
      // Each read is another hint, where the one of the write was lost.
      await waitUntil(async () => {
        await app.ask('GET', '/counters/lab/traced', { viewer: village.reader });
        return (await app.sql(`SELECT FROM counter_rollups WHERE counter = 'traced'`)).length > 0;
      });
    } finally {
      await worker.close();
      await app.close();
    }
    const spans = await finishedSpans(parts);
    const rollup =
      spans.findLast(({ name }) => name === 'counters.rollup') ?? assert.fail('nothing was rolled up');
    assert.equal(rollup.parentSpanContext, undefined);
    const {
      'counter.namespace': namespace,
      'counter.counters': counters,
      'counter.window_end': end,
    } = rollup.attributes;
    assert.deepEqual([namespace, counters, Number.isNaN(Date.parse(String(end)))], ['lab', 1, false]);
    const parents = spans
      .filter(({ attributes }) => attributes['db.query.summary'] === 'keep_counter_rollups')
      .map(({ parentSpanContext }) => parentSpanContext?.spanId);
    const rollups = spans
      .filter(({ name }) => name === 'counters.rollup')
      .map((one) => one.spanContext().spanId);
    assert.ok(parents.length > 0);
    for (const parent of parents) assert.ok(rollups.includes(parent ?? ''));
  });
});
