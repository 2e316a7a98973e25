import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { createSystemClock } from '../../app/clock.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { createCheckoutWithKinds } from '../../tests/support/checkout-with-kinds.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { teller, tinyPrograms, worker } from '../../tests/support/tiny-kinds.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { startPostgres } from '../stack/postgres-server.ts';
import { startServerRun } from '../stack/server-run.ts';
import { describeAddresses, formatAddresses } from '../watch/addresses.ts';
import { targetsOf } from '../watch/watch-worlds.ts';
import { restartProcesses } from './start-processes.ts';
import { closeWorlds, createWorld, createWorlds } from './world.ts';
import type { World, Stack, WorldSettings } from './world.ts';

const checkout = createCheckoutWithKinds(tinyPrograms);
const { context, remove } = createTestStack({ sharesPrograms: true });
const template = 'darkroom_template_empty';
const reports: string[] = [];
let stack: Stack;

before(async () => {
  const postgres = await startPostgres(context);
  const run = await startServerRun(postgres.adminUrl, 'a test');
  await postgres.createDatabase(template, run.mark('draft'));
  await migrate(postgres.urlOf(template));
  stack = {
    context: { ...context, report: (message) => void reports.push(message) },
    checkout: checkout.folder,
    postgres,
    run,
    clock: createSystemClock(),
  };
});
after(async () => {
  await stack.run.end();
  await stack.postgres.stop();
  checkout.remove();
  remove();
});

const settingsOf = (id: string, furtherKinds: WorldSettings['furtherKinds']): WorldSettings => ({
  label: 'no-cache',
  id,
  candidate: parseCandidate('no-cache'),
  replicas: 1,
  furtherKinds,
  template,
  mediaFolder: tmpdir(),
  port: 0,
  telemetry: { mode: 'metrics', otlpEndpoint: null },
});

const namesOf = (world: World) => world.processes().map(({ name }) => name);
const pidsOf = (world: World) => world.processes().map(({ process: { pid } }) => pid);
const timeOf = async (address: string | null) => Number(await (await fetch(String(address))).text());

test('a world runs all processes that its systems ask for, and load goes to those that take it', async () => {
  const all = [settingsOf('k_1', [{ ...teller, count: 2 }, worker]), settingsOf('k_2', [])];
  const worlds = await createWorlds(stack, all, (items) => items.toReversed());
  const [asking, plain] = worlds as [World, World];
  try {
    assert.deepEqual(namesOf(asking), ['k_1-1', 'k_1-teller-1', 'k_1-teller-2', 'k_1-worker-1']);
    assert.deepEqual(namesOf(plain), ['k_2-1']);
    assert.deepEqual(
      asking.addresses(),
      asking.replicas().map(({ address }) => address),
    );
    const [ofReplica, ...others] = await asking.readCounters();
    assert.ok((ofReplica?.cpuUs ?? 0) > 0);
    assert.deepEqual(
      others.map((counters) => counters?.cpuUs),
      [0, 0, 0],
      'what the world counts of CPU is that of the service',
    );
    assert.ok(existsSync(join(context.paths.state, 'logs', 'worker-k_1-worker-1.log')));
    const [places, pids] = [asking.processes().map(({ address }) => address), pidsOf(asking)];
    await restartProcesses(worlds);
    assert.deepEqual(namesOf(asking), ['k_1-1', 'k_1-teller-1', 'k_1-teller-2', 'k_1-worker-1']);
    assert.equal(new Set([...pids, ...pidsOf(asking)]).size, 8);
    // Another program of the machine may have been given one of their ports.
    const moved = asking.processes().filter(({ address }, index) => address !== places[index]);
    assert.ok(moved.length <= 1, moved.map(({ name }) => name).join(', '));
    assert.deepEqual(asking.lostProcesses(), []);
  } finally {
    await closeWorlds(worlds);
  }
  assert.deepEqual(reports, [], 'all have finished what was under way');
});

test('a kind that takes load takes it in place of the replicas', async () => {
  const world = await createWorld(stack, settingsOf('l_1', [{ ...teller, takesLoad: true }]));
  try {
    const [replica, front] = world.processes();
    assert.deepEqual(world.addresses(), [front?.address]);
    assert.deepEqual(world.replicas(), [replica]);
  } finally {
    await world.close();
  }
});

test('the clock of a world is that of all its processes, also of one that is started anew', async () => {
  const world = await createWorld(stack, settingsOf('m_1', [teller]));
  try {
    await world.stopClock();
    process.kill(pidsOf(world)[1] ?? 0, 'SIGKILL');
    await waitUntil(() => world.lostProcesses().length === 1);
    assert.deepEqual(
      world.lostProcesses().map(({ kindName, name }) => [kindName, name]),
      [['teller', 'm_1-teller-1']],
    );
    await world.replaceLostProcesses();
    assert.deepEqual(world.lostProcesses(), []);
    const again = world.processes()[1]?.address ?? null;
    const stands = await timeOf(again);
    assert.equal(await timeOf(again), stands);
    await world.resumeClock();
    await waitUntil(async () => (await timeOf(again)) > stands);
  } finally {
    await world.close();
  }
});

test(
  'CPU is told by kind, and unknown for the kind of which one is lost',
  { skip: process.platform !== 'linux' && 'Linux only' },
  async () => {
    const world = await createWorld(stack, settingsOf('n_1', [teller, worker]));
    try {
      const before = world.cpuUsByKind();
      assert.deepEqual(Object.keys(before), ['service', 'teller', 'worker']);
      assert.ok(Object.values(before).every((cpuUs) => (cpuUs ?? 0) > 0));
      process.kill(pidsOf(world)[1] ?? 0, 'SIGKILL');
      await waitUntil(() => world.lostProcesses().length === 1);
      const after = world.cpuUsByKind();
      assert.equal(after['teller'], null);
      assert.ok((after['service'] ?? 0) > 0 && (after['worker'] ?? 0) > 0);
    } finally {
      await world.close();
    }
  },
);

test('what runs beside the replicas is shown by up, and scraped under a job of its own where its kind is', async () => {
  const world = await createWorld(stack, settingsOf('o_1', [teller, { ...worker, isScraped: false }]));
  try {
    assert.deepEqual(
      targetsOf(world).map(({ job, instance, kind, candidate }) => [job, instance, kind, candidate]),
      [
        ['service', 'o_1-1', undefined, 'no-cache'],
        ['process', 'o_1-teller-1', 'teller', 'no-cache'],
      ],
    );
    const addresses = describeAddresses(stack, [world], { watch: null, page: null, traces: null });
    const shown = formatAddresses(addresses);
    const [, told, quiet] = world.processes();
    assert.match(shown, new RegExp(`o_1-teller-1 +${told?.address} +metrics ${told?.metricsAddress}`));
    assert.match(shown, new RegExp(`o_1-worker-1 +metrics ${quiet?.metricsAddress}`));
  } finally {
    await world.close();
  }
});
