import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { TestDatabase } from '../../tests/support/databases.ts';
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
import type { WorldProcess } from './world-process.ts';

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

const portOf = (url: string | null | undefined) => Number(new URL(String(url)).port);

/** A server of somebody else. */
async function takePort(t: TestContext, port = 0): Promise<number> {
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  return (other.address() as AddressInfo).port;
}

// Each goes on with what the one before has started, since to start it takes a second of CPU.
describe('a replica', () => {
  let database: TestDatabase;
  let replica: WorldProcess;
  const start = (ports: { readonly port: number; readonly metricsPort?: number }) =>
    startWorldProcess(context, checkout, {
      ...settingsOf(database.url, null),
      name: 'late-1',
      candidate: 'no-cache',
      ...ports,
    });
  before(async () => {
    database = await createSeededDatabase();
  });
  after(async () => {
    await replica.process.stop();
    await database.drop();
  });

  test('gives way to another port when somebody else has taken its own in the meantime', async (t) => {
    const port = await takePort(t);
    replica = await start({ port });
    assert.notEqual(portOf(replica.address), port);
    assert.equal((await fetch(`${replica.address}/openapi.json`)).status, 200);
  });

  test('keeps those of its ports that nobody has taken', async (t) => {
    const { address, metricsAddress } = replica;
    await replica.process.stop();
    await takePort(t, portOf(metricsAddress));
    replica = await start({ port: portOf(address), metricsPort: portOf(metricsAddress) });
    assert.equal(replica.address, address);
    assert.notEqual(replica.metricsAddress, metricsAddress);
    assert.equal((await fetch(String(replica.metricsAddress))).status, 200);
  });

  test('has in its log what it said last of a request that it could not answer', async () => {
    assert.equal(lastErrorOf([replica]), null);
    await database.drop();
    const { status } = await fetch(`${replica.address}/photos/7`, { headers: { [headers.viewer]: '1' } });
    assert.ok(status >= 500, String(status));
    await waitUntil(() => lastErrorOf([replica]) !== null);
    assert.match(String(lastErrorOf([replica])), /database ".*" does not exist.* \(3D000\)$/);
  });
});
