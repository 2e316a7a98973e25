import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { headers } from '../../app/contract/headers.ts';
import { serviceKind } from '../../app/contract/process-kind.ts';
import { CommandError } from '../errors.ts';
import { ownRun } from '../stack/own-run.ts';
import { startRedis } from '../stack/redis-server.ts';
import type { RedisServer } from '../stack/redis-server.ts';
import { lastErrorOf } from './last-error.ts';
import { startWorldProcess } from './start-world-process.ts';

const { context, remove } = createTestStack({ sharesPrograms: true });
after(remove);
const checkout = join(import.meta.dirname, '..', '..');

const settingsOf = (databaseUrl: string, redis: RedisServer | null) => ({
  kind: serviceKind(1),
  name: 'queue-1',
  candidate: 'write-behind',
  databaseUrl,
  redis,
  mediaFolder: tmpdir(),
  port: 0,
  telemetry: { mode: 'metrics' as const, otlpEndpoint: null },
});

test('a replica that must keep its queue starts on a durable Redis, whose files go with it', async (t) => {
  const database = await createSeededDatabase();
  t.after(() => database.drop());
  const redis = await startRedis(context, {
    name: 'redis-durable',
    isDurable: true,
    eviction: 'volatile-lru',
  });
  const folder = join(ownRun(context.paths).folder, 'redis-durable');
  try {
    const replica = await startWorldProcess(context, checkout, settingsOf(database.url, redis));
    assert.ok(replica.isAlive());
    assert.ok(readdirSync(folder).includes('appendonlydir'));
    await replica.process.stop();
  } finally {
    await redis.stop();
  }
  assert.ok(!existsSync(folder));
});

test('a port that somebody else has taken in the meantime gives way to another one', async (t) => {
  const database = await createSeededDatabase();
  t.after(() => database.drop());
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const settings = { ...settingsOf(database.url, null), name: 'late-1', candidate: 'no-cache', port };
  const replica = await startWorldProcess(context, checkout, settings);
  try {
    assert.notEqual(Number(new URL(String(replica.address)).port), port);
    assert.equal((await fetch(`${replica.address}/openapi.json`)).status, 200);
  } finally {
    await replica.process.stop();
  }
});

test('with another Redis the user is told what to set, and no more', async (t) => {
  const database = await createSeededDatabase();
  t.after(() => database.drop());
  const redis = await startRedis(context, { name: 'redis-cache' });
  t.after(() => redis.stop());
  await assert.rejects(
    startWorldProcess(context, checkout, settingsOf(database.url, redis)),
    (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.reason, 'cannotProvision');
      assert.match(error.message, /^write-behind needs .* set appendonly yes; appendfsync always; maxmemory/);
      assert.match(String(error.remedy), /REDIS_URL/);
      return true;
    },
  );
});

const deaths = [
  [
    "throw new TypeError('a part: is broken');",
    /^the service late-1 ended while it started: TypeError: a part: is broken$/,
  ],
  ["import './gone.ts';", /started: Error \[ERR_MODULE_NOT_FOUND\]: Cannot find module .*gone\.ts/],
  [
    "process.kill(process.pid, 'SIGKILL');",
    /started: it was ended by SIGKILL; the kernel does so for want of memory$/,
  ],
  ['process.exit(7);', /started: it has said nothing, and ended with status 7$/],
] as const;

for (const [program, reason] of deaths)
  test(`a service that dies at start says why: ${program}`, async () => {
    const broken = join(context.paths.checkout, 'broken');
    mkdirSync(join(broken, 'app', 'processes'), { recursive: true });
    writeFileSync(join(broken, 'app', 'processes', 'service.ts'), program);
    const settings = { ...settingsOf('postgres://127.0.0.1/x', null), name: 'late-1' };
    await assert.rejects(startWorldProcess(context, broken, settings), (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.reason, 'serviceFailed');
      assert.match(error.message, reason);
      return true;
    });
  });

test('what the service said last of a request that it could not answer is found in its log', async (t) => {
  const database = await createSeededDatabase();
  const settings = { ...settingsOf(database.url, null), name: 'mute-1', candidate: 'no-cache' };
  const replica = await startWorldProcess(context, checkout, settings);
  t.after(() => replica.process.stop());
  assert.equal(lastErrorOf([replica]), null);
  await database.drop();
  const { status } = await fetch(`${replica.address}/photos/7`, { headers: { [headers.viewer]: '1' } });
  assert.ok(status >= 500, String(status));
  await waitUntil(() => lastErrorOf([replica]) !== null);
  assert.match(String(lastErrorOf([replica])), /database ".*" does not exist.* \(3D000\)$/);
});

test('a replica keeps those of its ports that nobody has taken', async (t) => {
  const database = await createSeededDatabase();
  t.after(() => database.drop());
  const start = (ports: { readonly port: number; readonly metricsPort?: number }) =>
    startWorldProcess(context, checkout, {
      ...settingsOf(database.url, null),
      name: 'again-1',
      candidate: 'no-cache',
      ...ports,
    });
  const first = await start({ port: 0 });
  await first.process.stop();
  const portOf = (url: string | null) => Number(new URL(String(url)).port);
  const [port, metricsPort] = [portOf(first.address), portOf(first.metricsAddress)];
  const other = createServer().listen(metricsPort, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const again = await start({ port, metricsPort });
  try {
    assert.equal(again.address, first.address);
    assert.notEqual(again.metricsAddress, first.metricsAddress);
    assert.equal((await fetch(String(again.metricsAddress))).status, 200);
  } finally {
    await again.process.stop();
  }
});
