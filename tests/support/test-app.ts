import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { LightMyRequestResponse } from 'fastify';
import pg from 'pg';
import { pino } from 'pino';
import { buildApp } from '../../app/build-app.ts';
import type { BuiltApp } from '../../app/build-app.ts';
import { createStoppableClock, createSystemClock } from '../../app/clock.ts';
import { readConfig } from '../../app/config.ts';
import { createProcessRegistry } from '../../app/observability/process-registry.ts';
import type { Tracing } from '../../app/observability/tracing.ts';
import type { SeedRows } from '../../app/contract/seed-rows.ts';
import { headers } from '../../app/contract/headers.ts';
import { storageQueryCounter } from '../../app/cache/cache-counters.ts';
import { countOf } from '../../cli/figures/counts.ts';
import { servedRequests } from '../../cli/figures/taken-counters.ts';
import { cacheReadsIn } from '../../cli/worlds/cache-counts.ts';
import type { CacheCounts } from '../../cli/worlds/cache-counts.ts';
import { parseServiceCounters } from '../../cli/worlds/service-counters.ts';
import { createDatabaseOf, createTestDatabase, villageVariable } from './databases.ts';
import type { TestDatabase } from './databases.ts';
import { villageRows } from './village-rows.ts';
import { waitUntil } from './wait-until.ts';
import { askAgain } from './ask-again.ts';

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'QUERY' | 'TRACE';

export type Ask = {
  readonly viewer?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is a text or bytes, else as JSON. */
  readonly body?: string | Buffer | Readable | object;
};

/** The service as it is made for its process, on a database of its own, asked without a socket. */
export type TestApp = BuiltApp & {
  readonly databaseUrl: string;
  readonly mediaFolder: string;
  /** What was logged, a line each. */
  readonly logs: readonly string[];
  /** What its metrics say. */
  counters(): Promise<{
    readonly requests: number;
    readonly cache: CacheCounts;
    readonly storageQueries: number;
  }>;
  ask(method: Method, url: string, options?: Ask): Promise<LightMyRequestResponse>;
  /** Asks again where storage is said to be unreachable, as a client is told. */
  askAgain(method: Method, url: string, options?: Ask): Promise<LightMyRequestResponse>;
  /** Resolves when it hears of the writes of others for the first time: from then on its memory takes entries. */
  untilItHears(): Promise<void>;
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
};

export type TestAppOptions = {
  readonly candidate?: string;
  /** A database that somebody else drops; absent: an own one with `rows`. */
  readonly databaseUrl?: string;
  /** Storage is out of reach on purpose: nobody waits for it. */
  readonly isStorageAway?: boolean;
  readonly rows?: SeedRows;
  readonly environment?: Readonly<Record<string, string>>;
  readonly tracing?: Tracing | null;
};

/** A migrated and seeded database of the test's own. The test command has made a village to copy, which takes less time. */
export async function createSeededDatabase(rows: SeedRows = villageRows): Promise<TestDatabase> {
  const village = process.env[villageVariable];
  return rows === villageRows && village ? createTestDatabase(village) : createDatabaseOf(rows);
}

/** Made by chance in the product; here a seed would change nothing that is asserted. */
const entropy = { random: Math.random, uniqueId: () => crypto.randomUUID() };

export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { candidate = 'no-cache', rows = villageRows, environment = {} } = options;
  const database = options.databaseUrl === undefined ? await createSeededDatabase(rows) : null;
  const databaseUrl = database?.url ?? String(options.databaseUrl);
  const mediaFolder = await mkdtemp(join(tmpdir(), 'darkroom-media-'));
  const logs: string[] = [];
  const config = readConfig({
    DARKROOM_CANDIDATE: candidate,
    DATABASE_URL: databaseUrl,
    DARKROOM_MEDIA_DIR: mediaFolder,
    DARKROOM_LAB_MODE: '1',
    DARKROOM_LAB_TOKEN: 'token of a test',
    DARKROOM_POOL_SIZE: '4',
    // A test keeps its own loop busy.
    DARKROOM_SHED_ABOVE: 'off',
    ...environment,
  });
  const logger = pino({ level: config.logLevel }, { write: (line) => void logs.push(line) });
  const { strategy } = config.candidate.cache;
  const built = await buildApp({
    config,
    logger,
    clock: createStoppableClock(createSystemClock()),
    registry: createProcessRegistry({
      strategy,
      candidate,
      replica: config.replica,
      mode: config.telemetry,
    }),
    tracing: options.tracing ?? null,
    ...entropy,
  });
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const ask: TestApp['ask'] = (method, url, { viewer, headers: given = {}, body } = {}) => {
    const named = viewer === undefined ? {} : { [headers.viewer]: String(viewer) };
    const payload = body === undefined ? {} : { payload: body };
    return built.app.inject({ method, url, headers: { ...named, ...given }, ...payload });
  };
  // A pool has ended before its connections have: dropping the database may still cut one.
  admin.on('error', () => {});
  // A busy machine may take longer to connect than a request waits: all connections are there before any request needs one.
  const isReady = async () => (await ask('GET', '/health/ready')).statusCode === 200;
  if (options.isStorageAway !== true)
    await waitUntil(async () =>
      (await Promise.all(Array.from({ length: config.poolSize }, isReady))).every(Boolean),
    );
  return {
    ...built,
    databaseUrl,
    mediaFolder,
    logs,
    counters: async () => {
      const { counts } = parseServiceCounters(await built.metrics.registry.metrics());
      return {
        requests: countOf(counts, servedRequests),
        cache: cacheReadsIn(counts),
        storageQueries: countOf(counts, storageQueryCounter),
      };
    },
    ask,
    askAgain: (...request) => askAgain(() => ask(...request), isUnreachable),
    untilItHears: () =>
      waitUntil(async () =>
        /^cache_invalidations_total\{[^}]*outcome="resumed"[^}]*\} [1-9]/m.test(
          await built.metrics.registry.metrics(),
        ),
      ),
    async sql<Row extends object>(text: string, values: readonly unknown[] = []) {
      const { rows: found } = await admin.query<Row>(text, [...values]);
      return found;
    },
    async close() {
      await built.close();
      await admin.end();
      await database?.drop();
      await rm(mediaFolder, { recursive: true, force: true });
    },
  };
}

/** It has not got a connection to storage in time. */
export const isUnreachable = ({ statusCode, body }: LightMyRequestResponse): boolean =>
  statusCode === 503 && body.includes('"STORAGE_UNAVAILABLE"');

/** A problem document (RFC 9457) with this status and code, which tells nothing about the inside. */
export function assertProblem(response: LightMyRequestResponse, status: number, code: string): void {
  assert.equal(response.statusCode, status, response.body);
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
  const problem = response.json<Record<string, unknown>>();
  assert.equal(problem['status'], status);
  assert.equal(problem['code'], code);
  assert.equal(typeof problem['title'], 'string');
  assert.equal(typeof problem['detail'], 'string');
  assert.deepEqual(
    Object.keys(problem).toSorted(),
    ['code', 'detail', 'status', 'title', 'type'],
    'nothing else is told',
  );
  assert.doesNotMatch(response.body, /node_modules|\.ts:|\bat .*\(|SELECT |postgres:\/\//);
}
