import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSystemClock } from '../../app/clock.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { recordsOfRun } from '../stack/child-records.ts';
import { ownRun } from '../stack/own-run.ts';
import { startPostgres } from '../stack/postgres-server.ts';
import { startServerRun } from '../stack/server-run.ts';
import { restartProcesses } from './start-processes.ts';
import { closeWorlds, createWorlds } from './world.ts';
import type { World, Stack } from './world.ts';

const { context, remove } = createTestStack({ sharesPrograms: true, hasData: true });
const template = 'darkroom_template_empty';
let stack: Stack;
/** Looked at by several tests: a process of the service takes a second of CPU to start. */
let [plain, cached]: World[] = [];

before(async () => {
  const postgres = await startPostgres(context);
  const run = await startServerRun(postgres.adminUrl, 'a test');
  await postgres.createDatabase(template, run.mark('draft'));
  await migrate(postgres.urlOf(template));
  const checkout = join(import.meta.dirname, '..', '..');
  stack = { context, checkout, postgres, run, clock: createSystemClock() };
  [plain, cached] = await createWorlds(stack, [
    settingsOf('x_1', 'no-cache', 2),
    settingsOf('x_2', 'cache-aside'),
  ]);
});
after(async () => {
  await stack.run.end();
  await stack.postgres.stop();
  remove();
});

const settingsOf = (id: string, candidate: string, replicas = 1) => ({
  label: candidate,
  id,
  candidate: parseCandidate(candidate),
  replicas,
  furtherKinds: [],
  template,
  mediaFolder: tmpdir(),
  port: 0,
  telemetry: { mode: 'metrics' as const, otlpEndpoint: null },
});

const placesOf = (worlds: readonly World[]) =>
  worlds.flatMap((world) =>
    world.replicas().map(({ name, address, metricsAddress }) => ({ name, address, metricsAddress })),
  );
/** All but one: while they are down, another program of the machine may be given a port of theirs. */
function assertSamePlaces(actual: ReturnType<typeof placesOf>, expected: ReturnType<typeof placesOf>): void {
  const addressesOf = (places: typeof actual) =>
    places.flatMap(({ address, metricsAddress }) => [address, metricsAddress]);
  const former = addressesOf(expected);
  const moved = addressesOf(actual).filter((address) => !former.includes(address));
  assert.ok(moved.length <= 1, `${moved.join(', ')} instead of ${former.join(', ')}`);
  assert.deepEqual(
    actual.map(({ name }) => name),
    expected.map(({ name }) => name),
  );
}

const serviceCpuUs = (world: World) => world.cpuUsByKind()['service'] ?? null;

const pidsOf = (worlds: readonly World[]) =>
  worlds.flatMap((world) => world.replicas().map((replica) => replica.process.pid));

/** All that run. */
const running = (): World[] => [plain, cached].filter((world) => world !== undefined);

test('replicas that start anew, all at once, are other processes at the same places', async () => {
  const worlds = running();
  const [places, pids] = [placesOf(worlds), pidsOf(worlds)];
  assert.deepEqual(
    places.map(({ name }) => name),
    ['x_1-1', 'x_1-2', 'x_2-1'],
  );
  await restartProcesses(worlds, (items) => items.toReversed());
  assertSamePlaces(placesOf(worlds), places);
  assert.equal(new Set([...pids, ...pidsOf(worlds)]).size, 6);
  assert.deepEqual(
    worlds.flatMap((world) => world.lostProcesses()),
    [],
  );
  const answers = worlds.map((world) => world.readCounters());
  assert.ok((await Promise.all(answers)).flat().every((counters) => counters !== null));
});

test(
  'the CPU of a world is that of its live replicas and its Redis, and unknown while one is lost',
  { skip: process.platform !== 'linux' && 'Linux only' },
  async () => {
    assert.ok(plain !== undefined && cached !== undefined);
    assert.equal(plain.redisCpuUs(), 0);
    assert.ok((cached.redisCpuUs() ?? 0) > 0);
    const idle = serviceCpuUs(plain) ?? 0;
    for (const address of plain.addresses()) await fetch(`${address}/openapi.json`);
    assert.ok(idle > 0 && (serviceCpuUs(plain) ?? 0) > idle);
    const place = placesOf([plain]);
    process.kill(plain.replicas()[0]?.process.pid ?? 0, 'SIGKILL');
    await waitUntil(() => plain?.lostProcesses().length === 1);
    assert.equal(serviceCpuUs(plain), null);
    await plain.replaceLostProcesses();
    assertSamePlaces(placesOf([plain]), place);
    assert.ok((serviceCpuUs(plain) ?? 0) > 0);
  },
);

test('worlds that are closed leave no database behind', async () => {
  const ofWorlds = async () =>
    (await stack.postgres.listOwnDatabases()).filter(({ mark }) => mark.kind === 'world');
  assert.equal((await ofWorlds()).length, 2);
  await closeWorlds(running());
  assert.deepEqual(await ofWorlds(), []);
});

test('a replica that does not start takes all worlds down, and its error is the one that is told', async () => {
  const broken = { ...settingsOf('z_2', 'no-cache'), slowdown: 'no-such-slowdown' };
  const all = [settingsOf('z_1', 'cache-aside'), broken];
  await assert.rejects(
    createWorlds(stack, all),
    /the service z_2-\d ended while it started: .*DARKROOM_LAB_SLOWDOWN/,
  );
  assert.deepEqual(
    (await stack.postgres.listOwnDatabases()).filter(({ mark }) => mark.kind === 'world'),
    [],
  );
  const left = recordsOfRun(context.paths, ownRun(context.paths).id);
  assert.deepEqual(
    left.map(({ record }) => record.child.pid),
    [stack.postgres.pid],
  );
});
