import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import type { TestContext } from 'node:test';
import { serviceMetrics } from '../../app/contract/service-metrics.ts';
import { createCheckoutWithKinds } from '../../tests/support/checkout-with-kinds.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { teller, tinyPrograms, worker } from '../../tests/support/tiny-kinds.ts';
import { CommandError } from '../errors.ts';
import { recordsOfRun } from '../stack/child-records.ts';
import { ownRun } from '../stack/own-run.ts';
import { startWorldProcess } from './start-world-process.ts';
import type { WorldProcessSettings } from './start-world-process.ts';

const refusing = (code: string) => `
import { DarkroomError } from '../errors.ts';
import { runProcess } from '../process/run-process.ts';

await runProcess('refusing', () => {
  throw new DarkroomError('${code}', 'there is no room for it');
});
`;
const checkout = createCheckoutWithKinds({
  ...tinyPrograms,
  'conflict.ts': refusing('CONFLICT'),
  'not-durable.ts': refusing('REDIS_NOT_DURABLE'),
  'frozen.ts': "process.kill(process.pid, 'SIGSTOP');\nsetInterval(() => {}, 1_000);\n",
  'stubborn.ts': `
import { runProcess } from '../process/run-process.ts';

await runProcess('stubborn', () => ({ http: null, close: () => Promise.reject(new RangeError('not yet')) }));
`,
});
const { context, remove } = createTestStack();
after(() => {
  checkout.remove();
  remove();
});

const settingsOf = (kind: WorldProcessSettings['kind']): WorldProcessSettings => ({
  kind,
  name: `${kind.name}-1`,
  candidate: 'no-cache',
  databaseUrl: 'postgres://127.0.0.1:1/nobody',
  redis: null,
  mediaFolder: tmpdir(),
  port: 0,
  telemetry: { mode: 'metrics', otlpEndpoint: null },
});

async function start(
  t: TestContext,
  kind: WorldProcessSettings['kind'],
  more: Partial<WorldProcessSettings> = {},
) {
  const process = await startWorldProcess(context, checkout.folder, { ...settingsOf(kind), ...more });
  t.after(() => process.process.stop());
  return process;
}

const textOf = async (url: string | null): Promise<string> => (await fetch(String(url))).text();

test('a kind of process costs its file: it has ports, metrics, and the clock of its world', async (t) => {
  const told = await start(t, teller);
  assert.match(
    await textOf(told.metricsAddress),
    new RegExp(`${serviceMetrics.runInfo.name}{.*replica="teller-1"`),
  );
  assert.ok(((await told.readCounters())?.cpuUs ?? 0) > 0);
  await told.stopClock();
  const stood = await textOf(told.address);
  assert.equal(await textOf(told.address), stood);
  await told.resumeClock(3_600_000);
  assert.ok(Number(await textOf(told.address)) < Number(stood) - 3_000_000);
});

test('one that answers nobody has no address, and one that takes load must have one', async (t) => {
  const quiet = await start(t, worker);
  assert.equal(quiet.address, null);
  assert.ok((await quiet.readCounters()) !== null);
  await assert.rejects(
    start(t, { ...worker, takesLoad: true }, { name: 'worker-2' }),
    /the worker worker-2 answers no requests, but takes load/,
  );
});

test('one that is told to stop says that it has finished; one that is killed or cannot finish does not', async (t) => {
  const [orderly, killed] = [await start(t, worker), await start(t, worker, { name: 'worker-2' })];
  const stubborn = await start(t, { ...worker, name: 'stubborn', entry: 'stubborn.ts' });
  process.kill(killed.process.pid, 'SIGKILL');
  await Promise.all([orderly, stubborn].map((one) => one.process.stop()));
  const ends = await Promise.all(
    [orderly, killed, stubborn].map(async (one) => ({
      ...(await one.process.heardOut),
      hasDrained: one.hasDrained(),
    })),
  );
  assert.deepEqual(ends, [
    { code: 0, signal: null, hasDrained: true },
    { code: null, signal: 'SIGKILL', hasDrained: false },
    { code: 1, signal: null, hasDrained: false },
  ]);
});

test('one that cannot start says why in its own words, to us and in a log of its kind', async (t) => {
  const conflict = { ...worker, name: 'refusing', entry: 'conflict.ts' };
  await assert.rejects(start(t, conflict), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.reason, 'serviceFailed');
    assert.equal(
      error.message,
      'the refusing refusing-1 ended while it started: darkroom refusing: CONFLICT: there is no room for it',
    );
    assert.match(String(error.logFile), /refusing-refusing-1\.log$/);
    assert.equal(
      readFileSync(String(error.logFile), 'utf8'),
      'darkroom refusing: CONFLICT: there is no room for it\n',
    );
    return true;
  });
  await assert.rejects(start(t, { ...conflict, entry: 'not-durable.ts' }), (error) => {
    assert.ok(error instanceof CommandError);
    assert.deepEqual([error.reason, error.message], ['cannotProvision', 'there is no room for it']);
    return true;
  });
});

test('a port that somebody else has gives way to another one, for requests and for metrics', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  for (const wanted of [{ port }, { port: 0, metricsPort: port }]) {
    const moved = await start(t, teller, wanted);
    for (const address of [moved.address, moved.metricsAddress])
      assert.notEqual(Number(new URL(String(address)).port), port);
    assert.ok(Number(await textOf(moved.address)) > 0);
    await moved.process.stop();
  }
});

test(
  'one that freezes while it starts is given up after its time, and ended',
  { skip: process.platform !== 'linux' && 'Linux only' },
  async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const starting = start(t, { ...worker, name: 'frozen', entry: 'frozen.ts' });
    const outcome = starting.then(
      () => null,
      (error: unknown) => error,
    );
    const pid = await frozenPid();
    t.mock.timers.tick(120_000);
    // It is asked to end first, which a frozen one does not hear.
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(10_000);
    const error = await outcome;
    assert.ok(error instanceof CommandError);
    assert.equal(error.reason, 'serviceFailed');
    assert.match(
      error.message,
      /^the frozen frozen-1 did not start within two minutes: it has said nothing$/,
    );
    assert.throws(() => process.kill(pid, 0));
  },
);

/** The clock of the test is not that of the process, which takes its time to get there. */
const realTimeout = setTimeout;

/** Of the only process that is starting, once it stands still. */
async function frozenPid(): Promise<number> {
  for (;;) {
    await new Promise((resolve) => realTimeout(resolve, 20));
    const [record] = recordsOfRun(context.paths, ownRun(context.paths).id);
    const pid = record?.record.child.pid;
    if (pid !== undefined && /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return pid;
  }
}
