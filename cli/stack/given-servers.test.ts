import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { startOwnRedis } from '../../tests/support/own-redis.ts';
import type { OwnRedis } from '../../tests/support/own-redis.ts';
import { startPgBouncer } from '../../tests/support/pgbouncer.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { needsOfDefaultPlan } from '../doctor/try-needs.ts';
import { tryStorage, tryTier } from '../doctor/try-stores.ts';
import { CommandError } from '../errors.ts';
import { requireNeeds } from '../experiment/needs-of-plan.ts';
import { startPostgres } from './postgres-server.ts';
import type { PostgresServer } from './postgres-server.ts';
import { startRedis } from './redis-server.ts';
import { startServerRun } from './server-run.ts';
import type { StackContext } from './stack-context.ts';
import type { Trial } from './trial.ts';

const { context, remove } = createTestStack({ sharesPrograms: true, hasData: true });
let postgres: PostgresServer;
let redis: OwnRedis;

before(async () => {
  postgres = await startPostgres(context);
  for (const statement of [
    "CREATE ROLE weak LOGIN PASSWORD 'weak'",
    "CREATE ROLE barred NOLOGIN PASSWORD 'barred'",
    "CREATE ROLE reader LOGIN CREATEDB PASSWORD 'reader'",
    'ALTER ROLE reader SET default_transaction_read_only = on',
    'CREATE DATABASE closed',
    'REVOKE CONNECT ON DATABASE closed FROM public',
  ])
    await query(postgres.adminUrl, statement);
  redis = await startOwnRedis();
  await redis.command('CONFIG', 'SET', 'requirepass', 'secret');
});
after(async () => {
  await redis.stop();
  await postgres.stop();
  remove();
});

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as unknown[];
  } finally {
    await client.end();
  }
}

/** The address of the server with other parts. */
function postgresAt(
  parts: Partial<Record<'username' | 'password' | 'pathname' | 'port' | 'search', string>>,
) {
  return Object.assign(new URL(postgres.adminUrl), parts).href;
}

const given = (addresses: { databaseUrl?: string; redisUrl?: string }): StackContext => ({
  ...context,
  environment: { ...context.environment, databaseUrl: null, redisUrl: null, ...addresses },
});

/** The first trial that failed; a wrong address must not be told with its password. */
function failureOf(trials: readonly Trial[]): Trial {
  const failed = trials.find(({ result }) => result === 'failed');
  assert.ok(failed !== undefined, 'nothing failed');
  return failed;
}

type Fault = {
  readonly title: string;
  readonly url: () => string;
  /** What a run tried when it failed. */
  readonly tried?: string;
  readonly said: RegExp;
  readonly remedy: RegExp;
};

const postgresFaults: readonly Fault[] = [
  {
    title: 'no address at all',
    url: () => 'garbage',
    said: /^DATABASE_URL is no address that begins with postgres:/,
    remedy: /postgres:\/\/user:password@host/,
  },
  {
    title: 'a password that is no %-code',
    url: () => 'postgres://user:hush%zz@127.0.0.1/x',
    said: /^DATABASE_URL is no address/,
    remedy: /%-codes/,
  },
  {
    title: 'the address of another kind of server',
    url: () => redis.url,
    said: /^DATABASE_URL is no address/,
    remedy: /unset/,
  },
  {
    title: 'a wrong password',
    url: () => postgresAt({ password: 'wrong' }),
    said: /password authentication failed for user "darkroom" \(28P01\)$/,
    remedy: /Mend user and password/,
  },
  {
    title: 'no password',
    url: () => postgresAt({ password: '' }),
    said: /password must be a/,
    remedy: /Put the password into the address/,
  },
  {
    title: 'a database that does not exist',
    url: () => postgresAt({ pathname: '/nowhere' }),
    said: /database "nowhere" does not exist \(3D000\)$/,
    remedy: /such as \/postgres/,
  },
  {
    title: 'a role that may not log in',
    url: () => postgresAt({ username: 'barred', password: 'barred' }),
    said: /role "barred" is not permitted to log in \(28000\)$/,
    remedy: /allow the role to log in/,
  },
  {
    title: 'a role that may not connect to the database',
    url: () => postgresAt({ username: 'weak', password: 'weak', pathname: '/closed' }),
    said: /permission denied for database "closed" .*CONNECT privilege/,
    remedy: /GRANT CONNECT/,
  },
  {
    title: 'a role that may not create databases',
    url: () => postgresAt({ username: 'weak', password: 'weak' }),
    tried: 'create a database',
    said: /^the role weak may not create databases$/,
    remedy: /ALTER ROLE "weak" CREATEDB/,
  },
  {
    title: 'a role that only reads',
    url: () => postgresAt({ username: 'reader', password: 'reader' }),
    tried: 'create a database',
    said: /^the PostgreSQL of DATABASE_URL is read-only/,
    remedy: /a server that takes writes/,
  },
  {
    title: 'a server without TLS that is to have it',
    url: () => postgresAt({ search: 'sslmode=require' }),
    said: /does not support SSL/,
    remedy: /Leave sslmode out/,
  },
  {
    title: 'a port where nobody listens, at two addresses',
    url: () => 'postgres://localhost:1/x',
    said: /connect ECONNREFUSED/,
    remedy: /Nobody listens there/,
  },
];

for (const { title, url, tried = 'connect', said, remedy } of postgresFaults)
  test(`DATABASE_URL: ${title}: a run and doctor say so in the server's words, with a remedy`, async () => {
    const faulty = given({ databaseUrl: url() });
    await assert.rejects(startPostgres(faulty), (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.exitCode, 3);
      assert.match(
        error.message,
        said.source.startsWith('^') ? said : new RegExp(`cannot be used: .*${said.source}`),
      );
      assert.match(String(error.remedy), remedy);
      assert.doesNotMatch(`${error.message}${error.remedy}`, /hush|secret/);
      return true;
    });
    const trials = await tryStorage(faulty);
    const failure = failureOf(trials);
    assert.equal(failure.tried, tried);
    assert.match(failure.said, said);
    assert.match(failure.remedy, remedy);
    assert.equal(trials.find((trial) => trial.tried === 'drop both')?.result, 'not tried');
  });

const poolers = [
  ['that refuses what the service sets', [], /unsupported startup parameter: \w+ \(08P01\)/],
  [
    'that swallows what the service sets',
    [
      'ignore_startup_parameters = options,statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    ],
    /There is a pooler such as PgBouncer before/,
  ],
] as const;

for (const [title, settings, said] of poolers)
  test(`a PgBouncer ${title} is refused before anything is made`, async (t) => {
    const pooler = await startPgBouncer(postgres.adminUrl, ['pool_mode = transaction', ...settings]);
    t.after(() => pooler.stop());
    const faulty = given({ databaseUrl: pooler.url });
    await assert.rejects(startPostgres(faulty), (error: unknown) => {
      assert.ok(error instanceof CommandError && error.exitCode === 3);
      assert.match(error.message, said);
      assert.match(String(error.remedy), /Name PostgreSQL itself, not a pooler/);
      return true;
    });
    assert.match(failureOf(await tryStorage(faulty)).said, said);
  });

const redisFaults: readonly Fault[] = [
  {
    title: 'no address at all',
    url: () => 'garbage',
    said: /has no address that begins with redis:/,
    remedy: /redis:\/\/USER:PASSWORD@HOST/,
  },
  {
    title: 'no password where one is needed',
    url: () => redis.url,
    said: /NOAUTH/,
    remedy: /Put user and password into the URL/,
  },
  {
    title: 'a wrong password',
    url: () => redis.url.replace('//', '//:wrong@'),
    said: /does not let us in: WRONGPASS/,
    remedy: /Put user and password into the URL/,
  },
  {
    title: 'a database that it does not have',
    url: () => `${redis.url.replace('//', '//:secret@')}/99`,
    said: /DB index is out of range/,
    remedy: /the number at the end of the URL/,
  },
  {
    title: 'a database that is no number',
    url: () => `${redis.url.replace('//', '//:secret@')}/photos`,
    said: /a database which is no number/,
    remedy: /such as \/0/,
  },
  {
    title: 'TLS with a port that has none',
    url: () => redis.url.replace('redis://', 'rediss://:secret@'),
    said: /ETIMEDOUT|ECONNRESET|EPIPE|wrong version|closed/,
    remedy: /rediss:\/\//,
  },
  {
    title: 'the port of a PostgreSQL',
    url: () => `redis://127.0.0.1:${new URL(postgres.adminUrl).port}`,
    said: /ECONNRESET|EPIPE|closed|Protocol/,
    remedy: /does not talk as Redis does/,
  },
  {
    title: 'a port where nobody listens',
    url: () => 'redis://localhost:1',
    said: /connect ECONNREFUSED/,
    remedy: /Nobody listens there/,
  },
];

for (const { title, url, said, remedy } of redisFaults)
  test(`REDIS_URL: ${title}: a run and doctor say so in the server's words, with a remedy`, async () => {
    const faulty = given({ redisUrl: url() });
    const refused = (error: unknown): boolean => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.exitCode, 3);
      assert.match(error.message, said);
      assert.match(error.message, /^The Redis of REDIS_URL /);
      assert.match(String(error.remedy), remedy);
      return true;
    };
    await assert.rejects(startRedis(faulty, { name: 'redis' }), refused);
    // Before a database is seeded.
    await assert.rejects(requireNeeds(needsOfDefaultPlan(), { context: faulty, postgres }), refused);
    const failure = failureOf(await tryTier(faulty));
    assert.equal(failure.tried, 'connect');
    assert.match(failure.said, said);
    assert.match(failure.remedy, remedy);
  });

test('doctor does with a Redis what candidates do, and names what only some of them need', async (t) => {
  const open = await startOwnRedis();
  t.after(() => open.stop());
  const addressed = given({ redisUrl: open.url });
  const whole = await tryTier(addressed);
  assert.ok(whole.length >= 8);
  assert.ok(
    whole.every(({ result }) => result === 'ok'),
    JSON.stringify(whole),
  );
  await open.command('ACL', 'SETUSER', 'default', '-xadd');
  const special = (await tryTier(addressed)).at(-1);
  assert.deepEqual([special?.tried, special?.result], ['queue', 'not needed']);
  assert.match(String(special?.remedy), /^Only for write-behind\. Allow its user/);
  await open.command('CONFIG', 'SET', 'maxmemory', '1');
  const full = failureOf(await tryTier(addressed));
  assert.equal(full.tried, 'write');
  assert.match(full.said, /OOM command not allowed/);
});

test('what is tried in a PostgreSQL is dropped again, and connections are counted', async (t) => {
  const addressed = given({ databaseUrl: postgres.adminUrl });
  const whole = await tryStorage(addressed);
  assert.deepEqual(
    whole.map(({ tried, result }) => [tried, result]),
    [
      'connect',
      'create a database',
      'clone it',
      'drop both',
      'count connections',
      'count replication slots',
    ].map((tried) => [tried, 'ok']),
  );
  const left = "SELECT datname FROM pg_database WHERE datname LIKE 'darkroom\\_doctor\\_%'";
  assert.deepEqual(await query(postgres.adminUrl, left), []);
  const sessions = await Promise.all(
    Array.from({ length: 120 }, async () => {
      const client = new pg.Client({ connectionString: postgres.adminUrl });
      client.on('error', () => {});
      await client.connect();
      return client;
    }),
  );
  t.after(() => Promise.all(sessions.map((client) => client.end())));
  const crowded = failureOf(await tryStorage(addressed));
  assert.equal(crowded.tried, 'count connections');
  assert.match(crowded.said, /^91 needed, \d+ to be had$/);
  assert.match(crowded.remedy, /max_connections/);
  await assert.rejects(
    requireNeeds(needsOfDefaultPlan(), { context: addressed, postgres }),
    (error: unknown) => {
      assert.ok(error instanceof CommandError && error.exitCode === 3);
      assert.match(error.message, /91 connections to PostgreSQL \(\d+ to be had\)/);
      return true;
    },
  );
});

test('a template that somebody uses is refused with who that is and how to end it', async (t) => {
  const run = await startServerRun(postgres.adminUrl, context.paths.checkout);
  await postgres.createDatabase('darkroom_template_used', run.mark('draft'));
  const session = new pg.Client({
    connectionString: postgres.urlOf('darkroom_template_used'),
    application_name: 'forgotten psql',
  });
  session.on('error', () => {});
  await session.connect();
  const [row] = (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  t.after(async () => {
    await session.end().catch(() => {});
    await postgres.dropDatabase('darkroom_template_used');
    await run.end();
  });
  const clone = postgres.createDatabase('darkroom_world_x', run.mark('world'), {
    template: 'darkroom_template_used',
  });
  await assert.rejects(clone, (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.reason, 'cannotProvision');
    assert.match(
      error.message,
      /is being accessed by other users .*forgotten psql of darkroom \(process \d+\)/,
    );
    assert.match(String(error.remedy), new RegExp(`SELECT pg_terminate_backend\\(${row?.pid}\\)`));
    return true;
  });
});

test('a server that takes longer to answer than the service waits, as on a busy machine, is asked again', async (t) => {
  let connections = 0;
  const link = createServer((near) => {
    connections += 1;
    near.on('error', () => {});
    // That of the service.
    if (connections === 2) return;
    const far = connect(Number(new URL(postgres.adminUrl).port), '127.0.0.1').on('error', () => {});
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(link, 'listening');
  t.after(() => link.close());
  const url = postgresAt({ port: String((link.address() as AddressInfo).port) });
  assert.match((await startPostgres(given({ databaseUrl: url }))).version, /^\d/);
});

test('a server that greets and then is silent is no server that answers', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const failure = failureOf(await tryStorage(given({ databaseUrl: `postgres://127.0.0.1:${port}/x` })));
  assert.match(failure.said, /timeout|terminated/);
  assert.match(failure.remedy, /does not answer in time/);
});
