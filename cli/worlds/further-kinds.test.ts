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
import { closeWorlds, createWorlds } from './world.ts';
import type { World, Stack, WorldSettings } from './world.ts';

const checkout = createCheckoutWithKinds(tinyPrograms);
const { context, remove } = createTestStack({ sharesPrograms: true, hasData: true });
const template = 'darkroom_template_empty';
const reports: string[] = [];
let stack: Stack;
/** It runs further kinds, and is looked at by most tests: to start a process takes half a second of CPU, one of the service more. */
let asking: World;
/** Of another candidate, whose kind takes load. */
let fronted: World;

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
  const quiet = { ...worker, name: 'quiet', isScraped: false };
  const all = [
    settingsOf('k_1', [{ ...teller, count: 2 }, worker, quiet]),
    settingsOf('k_2', [{ ...teller, takesLoad: true }]),
  ];
  [asking, fronted] = (await createWorlds(stack, all, (items) => items.toReversed())) as [World, World];
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

/** In their order. */
const namesOfAsking = ['k_1-1', 'k_1-teller-1', 'k_1-teller-2', 'k_1-worker-1', 'k_1-quiet-1'];

test('a world runs all processes that its systems ask for, and load goes to those that take it', async () => {
  assert.deepEqual(namesOf(asking), namesOfAsking);
  assert.deepEqual(namesOf(fronted), ['k_2-1', 'k_2-teller-1']);
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
  await restartProcesses([asking]);
  assert.deepEqual(namesOf(asking), namesOfAsking);
  assert.equal(new Set([...pids, ...pidsOf(asking)]).size, 2 * pids.length);
  // Another program of the machine may have been given one of their ports.
  const moved = asking.processes().filter(({ address }, index) => address !== places[index]);
  assert.ok(moved.length <= 1, moved.map(({ name }) => name).join(', '));
  assert.deepEqual(asking.lostProcesses(), []);
});

test('a kind that takes load takes it in place of the replicas', () => {
  const [replica, front] = fronted.processes();
  assert.deepEqual(fronted.addresses(), [front?.address]);
  assert.deepEqual(fronted.replicas(), [replica]);
});

test('what runs beside the replicas is shown by up, and scraped under a job of its own where its kind is', () => {
  assert.deepEqual(
    targetsOf(asking).map(({ job, instance, kind, candidate }) => [job, instance, kind, candidate]),
    [
      ['service', 'k_1-1', undefined, 'no-cache'],
      ['process', 'k_1-teller-1', 'teller', 'no-cache'],
      ['process', 'k_1-teller-2', 'teller', 'no-cache'],
      ['process', 'k_1-worker-1', 'worker', 'no-cache'],
    ],
  );
  const addresses = describeAddresses(stack, [asking], { watch: null, page: null, traces: null });
  const shown = formatAddresses(addresses);
  const [, told] = asking.processes();
  const quiet = asking.processes().at(-1);
  assert.match(shown, new RegExp(`k_1-teller-1 +${told?.address} +metrics ${told?.metricsAddress}`));
  assert.match(shown, new RegExp(`k_1-quiet-1 +metrics ${quiet?.metricsAddress}`));
});

test('the clock of a world is that of all its processes, also of one that is started anew', async () => {
  await asking.stopClock();
  process.kill(pidsOf(asking)[1] ?? 0, 'SIGKILL');
  await waitUntil(() => asking.lostProcesses().length === 1);
  assert.deepEqual(
    asking.lostProcesses().map(({ kindName, name }) => [kindName, name]),
    [['teller', 'k_1-teller-1']],
  );
  await asking.replaceLostProcesses();
  assert.deepEqual(asking.lostProcesses(), []);
  const again = asking.processes()[1]?.address ?? null;
  const stands = await timeOf(again);
  assert.equal(await timeOf(again), stands);
  await asking.resumeClock();
  await waitUntil(async () => (await timeOf(again)) > stands);
});

test(
  'CPU is told by kind, and unknown for the kind of which one is lost',
  { skip: process.platform !== 'linux' && 'Linux only' },
  async () => {
    const before = asking.cpuUsByKind();
    assert.deepEqual(Object.keys(before), ['service', 'teller', 'worker', 'quiet']);
    assert.ok(Object.values(before).every((cpuUs) => (cpuUs ?? 0) > 0));
    process.kill(pidsOf(asking)[1] ?? 0, 'SIGKILL');
    await waitUntil(() => asking.lostProcesses().length === 1);
    const after = asking.cpuUsByKind();
    assert.equal(after['teller'], null);
    assert.ok((after['service'] ?? 0) > 0 && (after['worker'] ?? 0) > 0);
  },
);

test('all processes finish what is under way when their world is closed', async () => {
  await closeWorlds([asking, fronted]);
  assert.deepEqual(reports, []);
});
