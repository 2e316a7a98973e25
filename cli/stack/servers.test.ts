import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createChangeStream } from '../../app/storage/logical-replication.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { startPostgres } from './postgres-server.ts';
import { startRedis } from './redis-server.ts';
import { startProcess } from './supervised-process.ts';

const { context, remove } = createTestStack({ sharesPrograms: true });
const mark = { kind: 'world', run: '0123456789ab', owner: 'a test' };
after(remove);
const pids = join(context.paths.data, 'pids');

async function queryOf(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(statement)).rows[0];
  } finally {
    await client.end().catch(() => {});
  }
}

test('PostgreSQL starts with a password on loopback, clones a template, and its data survive a restart', async () => {
  const first = await startPostgres(context);
  assert.match(first.version, /^18\./);
  assert.equal(new URL(first.adminUrl).hostname, '127.0.0.1');
  const stranger = new URL(first.adminUrl);
  stranger.password = 'wrong';
  await assert.rejects(queryOf(stranger.href, 'SELECT 1'), /password authentication failed/);
  await first.createDatabase('darkroom_template_x', mark);
  await queryOf(first.urlOf('darkroom_template_x'), 'CREATE TABLE things AS SELECT 7 AS id');
  await first.createDatabase('darkroom_world_x', mark, { template: 'darkroom_template_x' });
  assert.deepEqual(await queryOf(first.urlOf('darkroom_world_x'), 'SELECT id FROM things'), { id: 7 });
  assert.ok((first.cpuUs() ?? 1) > 0);
  await first.stop();

  const second = await startPostgres(context);
  assert.equal(await second.databaseExists('darkroom_world_x'), true);
  await second.dropDatabase('darkroom_world_x');
  assert.equal(await second.databaseExists('darkroom_world_x'), false);
  await second.stop();
  assert.deepEqual(readdirSync(pids), []);
});

test('PostgreSQL is started with as many connections as are needed', async () => {
  for (const connections of [50, 321]) {
    const server = await startPostgres(context, { connections });
    const room = await server.readRoom();
    assert.ok((room.connections ?? 0) >= connections, `${room.connections} of ${connections}`);
    assert.equal(room.replicationSlots, 64);
    await server.stop();
  }
});

test('two at once do not share data, and a half-made data directory is made anew', async () => {
  const first = await startPostgres(context);
  mkdirSync(join(context.paths.data, 'postgres-2.new'), { recursive: true });
  writeFileSync(join(context.paths.data, 'postgres-2.new', 'half'), '');
  const second = await startPostgres(context);
  await first.createDatabase('darkroom_world_y', mark);
  assert.equal(await second.databaseExists('darkroom_world_y'), false);
  await Promise.all([first.stop(), second.stop()]);
  rmSync(join(context.paths.data, 'postgres-2'), { recursive: true });
});

test('a database is dropped though somebody still reads a change stream of it', async () => {
  const server = await startPostgres(context);
  await server.createDatabase('darkroom_world_read', mark);
  const url = server.urlOf('darkroom_world_read');
  await migrate(url);
  const stream = createChangeStream({
    databaseUrl: url,
    slotName: 'darkroom_test_reader',
    rowKeys: {},
    runInBackground: (_, task) => void task.catch(() => {}),
    listener: { onChange: async () => true, onDelivery: () => {} },
  });
  await stream.start();
  try {
    await server.dropDatabase('darkroom_world_read');
    assert.equal(await server.databaseExists('darkroom_world_read'), false);
  } finally {
    await stream.stop();
    await server.stop();
  }
});

test('a server of yours that does not answer is said to, with what to do', async () => {
  const environment = {
    ...context.environment,
    databaseUrl: 'postgres://127.0.0.1:1/x',
    redisUrl: 'redis://127.0.0.1:1',
  };
  const cannot = (error: unknown) =>
    error instanceof CommandError && error.exitCode === 3 && /unset/.test(error.remedy ?? '');
  await assert.rejects(startPostgres({ ...context, environment }), cannot);
  await assert.rejects(startRedis({ ...context, environment }, { name: 'redis' }), cannot);
});

test('Redis starts with a password on loopback, and its log is private', async () => {
  const server = await startRedis(context, { name: 'redis-x' });
  assert.equal(statSync(server.logFile as string).mode & 0o077, 0);
  const redis = new Redis(server.url);
  assert.equal(await redis.set('a', '1'), 'OK');
  redis.disconnect();
  const url = new URL(server.url);
  const stranger = new Redis({ port: Number(url.port), retryStrategy: () => null });
  stranger.on('error', () => {});
  await assert.rejects(stranger.get('a'), /NOAUTH/);
  stranger.disconnect();
  await server.stop();
  assert.equal(server.isAlive(), false);
});

test('a program that is not there is a clear error', async () => {
  const settings = { name: 'nothing', command: '/nowhere/program', args: [] };
  const child = await startProcess(context, settings).catch((error: unknown) => error);
  if (child instanceof CommandError) assert.match(child.message, /cannot be started/);
  else assert.notEqual((await (child as Awaited<ReturnType<typeof startProcess>>).exited).code, 0);
});
