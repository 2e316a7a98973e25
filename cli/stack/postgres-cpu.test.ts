import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { readProcessTimes } from './cpu-accounting.ts';
import { startPostgresCpu } from './postgres-cpu.ts';
import { startPostgres } from './postgres-server.ts';
import type { PostgresServer } from './postgres-server.ts';

const skip = process.platform !== 'linux' && 'Linux only';
const { context, remove } = createTestStack({ hasData: true });
let postgres: PostgresServer;
const busy = 'darkroom_busy';
const idle = 'darkroom_idle';

before(async () => {
  postgres = await startPostgres(context);
  for (const name of [busy, idle])
    await postgres.createDatabase(name, { kind: 'world', run: '0'.repeat(12), owner: 'a test' });
});
after(async () => {
  await postgres.stop();
  remove();
});

async function connect(database: string) {
  const client = new pg.Client({ connectionString: postgres.urlOf(database) });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const { pid } = rows[0] as { pid: number };
  return {
    work: () => client.query('SELECT count(*) FROM generate_series(1, 1000000)'),
    end: async () => {
      await client.end();
      // Gone altogether: the postmaster has counted it.
      await waitUntil(() => readProcessTimes(pid) === null);
    },
  };
}

/** A sampler whose seconds pass when the test says so. */
async function startSampler() {
  let tick = async (): Promise<void> => {};
  const repeat = (run: () => Promise<void>) => {
    tick = run;
    return () => {};
  };
  return { sampler: await startPostgresCpu(postgres, { repeat }), tick: () => tick() };
}

test('CPU goes to the database in which it was used, and nothing is counted twice', { skip }, async (t) => {
  const treeBefore = postgres.cpuUs() ?? 0;
  const { sampler } = await startSampler();
  t.after(() => sampler.stop());
  const [worker, sleeper] = [await connect(busy), await connect(idle)];
  await worker.work();
  const read = await sampler.read();
  const tree = (postgres.cpuUs() ?? 0) - treeBefore;
  await Promise.all([worker.end(), sleeper.end()]);
  assert.ok(read !== null);
  const [ofBusy = 0, ofIdle = 0] = [read.byDatabase.get(busy), read.byDatabase.get(idle)];
  assert.ok(ofBusy > ofIdle, `${ofBusy} in the busy one, ${ofIdle} in the idle one`);
  const sum = [...read.byDatabase.values()].reduce((total, cpuUs) => total + cpuUs, read.sharedUs);
  // Children that have ended are counted in ticks of 10 ms, user and system time each.
  assert.ok(sum <= tree + 20_000, `${sum} of ${tree}`);
});

test('what the sampler itself uses is shared', { skip }, async (t) => {
  const { sampler, tick } = await startSampler();
  t.after(() => sampler.stop());
  for (let times = 0; times < 50; times += 1) await tick();
  const read = await sampler.read();
  assert.ok(read !== null);
  assert.ok(read.sharedUs > (read.byDatabase.get('postgres') ?? 0), JSON.stringify([...read.byDatabase]));
});

test('the CPU of a backend that has ended since is kept', { skip }, async (t) => {
  const { sampler, tick } = await startSampler();
  t.after(() => sampler.stop());
  const first = await connect(busy);
  await first.work();
  await tick();
  await first.end();
  const kept = (await sampler.read())?.byDatabase.get(busy) ?? 0;
  const other = await connect(idle);
  for (let times = 0; times < 3; times += 1) await other.work();
  const read = await sampler.read();
  await other.end();
  assert.ok(kept > 0);
  assert.ok((read?.byDatabase.get(busy) ?? 0) >= kept);
  assert.ok((read?.byDatabase.get(idle) ?? 0) > 0);
});

test('a backend that nobody saw is in what is shared', { skip }, async (t) => {
  const { sampler } = await startSampler();
  t.after(() => sampler.stop());
  const unseen = await connect(busy);
  for (let times = 0; times < 3; times += 1) await unseen.work();
  await unseen.end();
  const seen = await connect(idle);
  const read = await sampler.read();
  await seen.end();
  assert.ok(read !== null);
  assert.ok(read.sharedUs > (read.byDatabase.get(idle) ?? 0) + (read.byDatabase.get(busy) ?? 0));
});

test('a lost connection costs one reading, and what was counted stays', { skip }, async (t) => {
  const { sampler } = await startSampler();
  t.after(() => sampler.stop());
  const worker = await connect(busy);
  await worker.work();
  const first = await sampler.read();
  const admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  await admin.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'postgres' AND pid <> pg_backend_pid()",
  );
  await admin.end();
  assert.equal(await sampler.read(), null);
  const again = await sampler.read();
  await worker.end();
  const [before = 0, now = -1] = [first?.byDatabase.get(busy), again?.byDatabase.get(busy)];
  assert.ok(now >= before, `${now} after ${before}`);
});

test('of a PostgreSQL that is not ours nothing is known, and nobody connects', async () => {
  const sampler = await startPostgresCpu({ pid: null, adminUrl: 'postgres://127.0.0.1:1/nowhere' });
  assert.equal(await sampler.read(), null);
  await sampler.stop();
});
