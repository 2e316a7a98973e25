import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { headers } from '../app/contract/headers.ts';
import { telemetryModes } from '../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../app/contract/telemetry-modes.ts';
import type { KeptSpan } from '../cli/traces/span.ts';
import { createTraceSink } from '../cli/traces/trace-sink.ts';
import { createTraceStore } from '../cli/traces/trace-store.ts';
import { createTestRedis } from './support/databases.ts';
import { startServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';

let database: Awaited<ReturnType<typeof createSeededDatabase>>;
before(async () => {
  database = await createSeededDatabase();
});
after(() => database.drop());

const ioredis = '@opentelemetry/instrumentation-ioredis';
const postgres = '@opentelemetry/instrumentation-pg';
const http = '@opentelemetry/instrumentation-http';
const marked = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const unmarked = 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Shown = {
  readonly spans: readonly KeptSpan[];
  readonly metrics: string;
  readonly statuses: readonly number[];
  readonly exitCode: number | null;
};

/** A process of the service in this mode: two requests, one of them marked as traced by its caller, then a signal. */
async function show(
  mode: TelemetryModeName,
  otlpEndpoint?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const store = createTraceStore(8 * 2 ** 20);
  const sink = createTraceSink(store);
  const receiver = await listen(sink);
  const redis = createTestRedis();
  const service = startServiceProcess({
    ...telemetryModes[mode].environment,
    DARKROOM_TELEMETRY: mode,
    DARKROOM_REPLICA: 'r7',
    DARKROOM_CANDIDATE: 'cache-aside:tiers=redis',
    DARKROOM_MEDIA_DIR: tmpdir(),
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    DARKROOM_REDIS_PREFIX: redis.keyPrefix,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint ?? receiver,
    ...environment,
  });
  try {
    const ports = await service.listening;
    const ask = async (traceId: string, flags: string): Promise<number> => {
      const traceparent = `00-${traceId}-b7ad6b7169203331-${flags}`;
      const get = () =>
        fetch(`http://127.0.0.1:${ports.http}/photos/7`, { headers: { [headers.viewer]: '1', traceparent } });
      let response = await get();
      // As a client is told: a busy machine may take longer to connect to storage than a request waits.
      while (response.status === 503) response = await get();
      await response.text();
      return response.status;
    };
    const statuses = [await ask(marked, '01'), await ask(unmarked, '00')];
    const metrics = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    service.child.kill('SIGTERM');
    const { code } = await service.exited;
    const spans = store.query({ order: 'newest', limit: 500 }).flatMap((trace) => trace.spans);
    return { spans, metrics, statuses, exitCode: code };
  } finally {
    await service.stop();
    sink.close().closeAllConnections();
  }
}

const scopesOf = ({ spans }: Shown): Set<string> => new Set(spans.map(({ scope }) => scope));
const isTraced = ({ spans }: Shown, traceId: string): boolean =>
  spans.some((span) => span.traceId === traceId);
const samplesOf = ({ metrics }: Shown): number =>
  metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;

describe('a process of the service', { timeout: 600_000 }, () => {
  it('tells nothing but its CPU in mode off', async () => {
    const shown = await show('off');
    assert.deepEqual(shown.spans, []);
    assert.equal(samplesOf(shown), 2);
    assert.match(shown.metrics, /^process_cpu_seconds_total \d/m);
    assert.match(shown.metrics, /^app_run_info\{.*telemetry_mode="off".*\} 1$/m);
  });

  it('makes metrics and no spans in mode metrics', async () => {
    const shown = await show('metrics');
    assert.deepEqual(shown.spans, []);
    assert.match(shown.metrics, /http_server_request_duration_seconds_count\{.*\} 2/);
    assert.doesNotMatch(shown.metrics, /trace_id/);
  });

  it('traces what its caller has marked in mode trace1, and sends it before it ends', async () => {
    const shown = await show('trace1');
    assert.ok(isTraced(shown, marked));
    assert.ok(!isTraced(shown, unmarked));
    assert.equal(shown.exitCode, 0);
    assert.match(shown.metrics, new RegExp(`trace_id="${marked}"`));
  });

  it('traces everything in mode trace100, without spans of libraries', async () => {
    const shown = await show('trace100');
    assert.ok(isTraced(shown, marked) && isTraced(shown, unmarked));
    assert.deepEqual([...scopesOf(shown)].toSorted(), ['@fastify/otel', 'darkroom']);
  });

  it('has the spans of the clients of Redis and PostgreSQL in mode deep, without keys and values', async () => {
    const shown = await show('deep');
    const scopes = scopesOf(shown);
    assert.ok(scopes.has(ioredis) && scopes.has(postgres), [...scopes].join());
    for (const { name, attributes, scope } of shown.spans) {
      if (scope === ioredis)
        assert.doesNotMatch(`${name} ${JSON.stringify(attributes)}`, /photo:7|darkroom:test/);
      if (scope === postgres) assert.ok(!('db.postgresql.values' in attributes));
    }
  });

  it('is traced by OpenTelemetry’s own SDK and bundle in mode auto, beside its own spans and metrics', async () => {
    const shown = await show('auto');
    const scopes = scopesOf(shown);
    for (const scope of [http, ioredis, postgres, '@fastify/otel', 'darkroom'])
      assert.ok(scopes.has(scope), [...scopes].join());
    assert.ok(isTraced(shown, marked) && isTraced(shown, unmarked), 'what the caller did not mark, too');
    assert.equal(shown.exitCode, 0, 'what was not sent yet is sent before it ends');
    const told = new Set(shown.spans.map((span) => `${span.service} ${span.replica} ${span.candidate}`));
    assert.deepEqual([...told], ['darkroom r7 cache-aside:tiers=redis']);
    const own = shown.spans.filter(({ traceId }) => traceId === marked);
    const server = own.find((span) => span.scope === http && span.kind === 'server');
    assert.equal(server?.attributes['http.route'], '/photos/:photoId');
    // All of one request hangs together, whoever made it.
    const ids = new Set(own.map(({ spanId }) => spanId));
    assert.deepEqual(
      own.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? '')).map(({ spanId }) => spanId),
      [server?.spanId],
    );
    assert.match(shown.metrics, /http_server_request_duration_seconds_count\{.*\} 2/);
    assert.match(shown.metrics, new RegExp(`trace_id="${marked}"`));
    assert.doesNotMatch(shown.metrics, /telemetry_spans_total\{/, 'nobody counts them');
  });

  it('is as OpenTelemetry’s variables say in mode auto', async () => {
    const shown = await show('auto', undefined, {
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg,net',
    });
    assert.ok(isTraced(shown, marked) && !isTraced(shown, unmarked));
    const scopes = scopesOf(shown);
    assert.ok(scopes.has(ioredis) && !scopes.has(postgres), [...scopes].join());
  });

  it('answers and ends as ever when nobody takes its spans, or nobody answers', async () => {
    const silent = createServer(() => {});
    const address = await listen(silent);
    try {
      for (const mode of ['trace100', 'auto'] as const) {
        for (const endpoint of ['http://127.0.0.1:9', address]) {
          const { statuses, exitCode } = await show(mode, endpoint);
          assert.deepEqual(statuses, [200, 200], `${mode} ${endpoint}`);
          assert.equal(exitCode, 0, `${mode} ${endpoint}`);
        }
      }
    } finally {
      silent.close().closeAllConnections();
    }
  });

  it('refuses a mode that does not exist, and says which do', async () => {
    const service = startServiceProcess({ DARKROOM_TELEMETRY: 'all', DATABASE_URL: database.url });
    const { code } = await service.exited;
    assert.equal(code, 2);
    assert.match(service.stderr(), /INVALID_CONFIG: DARKROOM_TELEMETRY takes off, metrics, trace1/);
  });
});
