import assert from 'node:assert/strict';
import { once } from 'node:events';
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
import { createCuttableLink } from './support/cuttable-link.ts';
import type { CuttableLink } from './support/cuttable-link.ts';
import { createTestRedis } from './support/databases.ts';
import { startServiceProcess } from './support/service-process.ts';
import type { ServiceProcess } from './support/service-process.ts';
import { createSeededDatabase } from './support/test-app.ts';
import { waitUntil } from './support/wait-until.ts';
import { askAgain } from './support/ask-again.ts';

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

/** A process that answers, and what takes its spans. */
type Running = {
  /** What lies between them. */
  readonly link: CuttableLink;
  /** Two requests, the first of which its caller has marked as traced; answers their statuses. */
  readonly askTwice: () => Promise<readonly number[]>;
  readonly spans: () => readonly KeptSpan[];
};

type ShowOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  /** Before it is started. */
  readonly first?: (link: CuttableLink) => Promise<void>;
  /** When it has been asked, before it is told to end. Answers the statuses of further requests. */
  readonly afterwards?: (running: Running) => Promise<readonly number[]>;
};

/** A process of the service in this mode: two requests, then a signal. */
async function show(mode: TelemetryModeName, options: ShowOptions = {}): Promise<Shown> {
  const store = createTraceStore(8 * 2 ** 20);
  const sink = createTraceSink(store);
  const link = await createCuttableLink(await listen(sink));
  await options.first?.(link);
  const service = startInMode(mode, link, options.environment);
  try {
    const ports = await service.listening;
    const askTwice = async () => [
      await askAs(ports.http, marked, '01'),
      await askAs(ports.http, unmarked, '00'),
    ];
    const spans = () => store.query({ order: 'newest', limit: 500 }).flatMap((trace) => trace.spans);
    const statuses = await askTwice();
    const metrics = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    statuses.push(...((await options.afterwards?.({ link, askTwice, spans })) ?? []));
    service.child.kill('SIGTERM');
    const { code } = await service.exited;
    return { spans: spans(), metrics, statuses, exitCode: code };
  } finally {
    await service.stop();
    await link.close();
    sink.close().closeAllConnections();
  }
}

function startInMode(
  mode: TelemetryModeName,
  { url }: CuttableLink,
  environment: Readonly<Record<string, string>> = {},
): ServiceProcess {
  const redis = createTestRedis();
  return startServiceProcess({
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
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    ...environment,
  });
}

/** A request of a caller who traces it. Asks again as a client is told: a busy machine may take longer to connect to storage than it waits. */
async function askAs(port: number | null, traceId: string, flags: string): Promise<number> {
  const traceparent = `00-${traceId}-b7ad6b7169203331-${flags}`;
  const get = () =>
    fetch(`http://127.0.0.1:${port}/photos/7`, { headers: { [headers.viewer]: '1', traceparent } });
  const response = await askAgain(get, ({ status }) => status === 503);
  await response.text();
  return response.status;
}

/** Once the spans of this request have come, the last of which is that of the server, nobody takes the next ones. */
const refuseBehind =
  (traceId: string) =>
  async ({ link, askTwice, spans }: Running): Promise<readonly number[]> => {
    await waitUntil(() => spans().some((span) => span.traceId === traceId && span.kind === 'server'));
    await link.cut();
    return askTwice();
  };

type Spans = Pick<Shown, 'spans'>;
const scopesOf = ({ spans }: Spans): Set<string> => new Set(spans.map(({ scope }) => scope));
const isTraced = ({ spans }: Spans, traceId: string): boolean =>
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

  it('traces everything in mode trace100, without spans of libraries, and ends as ever when nobody takes them any more', async () => {
    const shown = await show('trace100', { afterwards: refuseBehind(unmarked) });
    assert.ok(isTraced(shown, marked) && isTraced(shown, unmarked));
    assert.deepEqual([shown.statuses, shown.exitCode], [[200, 200, 200, 200], 0]);
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

  it('is as OpenTelemetry’s variables say in mode auto, and ends as ever when nobody takes its spans any more', async () => {
    const shown = await show('auto', {
      environment: {
        OTEL_TRACES_SAMPLER: 'parentbased_always_on',
        OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg,net',
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
      afterwards: refuseBehind(marked),
    });
    assert.ok(isTraced(shown, marked) && !isTraced(shown, unmarked));
    const scopes = scopesOf(shown);
    assert.ok(scopes.has(ioredis) && !scopes.has(postgres), [...scopes].join());
    assert.deepEqual([shown.statuses, shown.exitCode], [[200, 200, 200, 200], 0]);
  });

  for (const mode of ['trace100', 'auto'] as const)
    it(`answers as ever when nobody takes its spans, and ends when nobody answers: ${mode}`, async () => {
      const { spans, statuses, exitCode } = await show(mode, {
        first: (link) => link.cut(),
        async afterwards({ link, askTwice }) {
          const mended = link.mend();
          link.freeze();
          await mended;
          return askTwice();
        },
      });
      assert.deepEqual([spans, statuses, exitCode], [[], [200, 200, 200, 200], 0]);
    });

  it('refuses a mode that does not exist, and says which do', async () => {
    const service = startServiceProcess({ DARKROOM_TELEMETRY: 'all', DATABASE_URL: database.url });
    const { code } = await service.exited;
    assert.equal(code, 2);
    assert.match(service.stderr(), /INVALID_CONFIG: DARKROOM_TELEMETRY takes off, metrics, trace1/);
  });
});
