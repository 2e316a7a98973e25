import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { readMachineRoom } from './machine-room.ts';
import { checkNeeds, needsOf, refusalOf } from './needs.ts';
import type { Room } from './needs.ts';

const plain = { hasRedis: false, hasChangeStream: false, furtherProcesses: 0, targets: 2 };
const cached = { ...plain, hasRedis: true };
const streamed = { ...cached, hasChangeStream: true };
const demand = { worlds: [plain, cached], replicas: 2, poolSize: 10, virtualUsers: 100, worldsOfDriver: 2 };
const unknown: Room = {
  connections: null,
  replicationSlots: null,
  memoryBytes: null,
  diskBytes: null,
  openFiles: null,
};

test('each replica needs its pool, its memory, and a connection of each virtual user', () => {
  const needs = needsOf(demand);
  assert.equal(needs.connections, 2 * 2 * 10 + 11);
  assert.equal(needs.replicationSlots, 0);
  assert.equal(needs.driverFiles, 100 * 2 * 2 + 200);
  assert.equal(needs.replicaFiles, 100 + 10 + 100);
  const oneMore = needsOf({ ...demand, worlds: [plain, cached, cached] });
  assert.ok(oneMore.memoryBytes - needs.memoryBytes > (2 * 130 + 30) * 2 ** 20);
});

test('a world that reads a change stream needs a connection and a slot for each replica', () => {
  const needs = needsOf({ ...demand, worlds: [plain, streamed] });
  assert.equal(needs.connections, needsOf(demand).connections + 2);
  assert.equal(needs.replicationSlots, 2);
});

test('what runs beside the replicas needs its pool and its memory too, and connections of the driver where it takes load', () => {
  const [needs, oneMore] = [plain, { ...plain, furtherProcesses: 3 }].map((world) =>
    needsOf({ ...demand, worlds: [plain, world] }),
  );
  assert.ok(needs !== undefined && oneMore !== undefined);
  assert.equal(oneMore.connections - needs.connections, 3 * 10);
  assert.ok(oneMore.memoryBytes - needs.memoryBytes > 3 * 130 * 2 ** 20);
  assert.equal(oneMore.driverFiles, needs.driverFiles);
  const addressed = needsOf({ ...demand, worlds: [plain, { ...plain, furtherProcesses: 3, targets: 3 }] });
  assert.equal(addressed.driverFiles, 100 * 2 * 3 + 200);
});

test('what is just enough is enough, and what nobody knows is no shortage', () => {
  const needs = needsOf(demand);
  const { connections, replicationSlots, memoryBytes, diskBytes } = needs;
  const openFiles = Math.max(needs.driverFiles, needs.replicaFiles);
  // Whole megabytes are compared.
  const enough = { connections, replicationSlots, memoryBytes: memoryBytes + 2 ** 20, diskBytes, openFiles };
  assert.deepEqual(checkNeeds(needs, enough), []);
  assert.deepEqual(checkNeeds(needs, unknown), []);
});

test('each shortage is named with both numbers and what to do', () => {
  const needs = needsOf({ ...demand, worlds: [plain, streamed] });
  const nothing: Room = {
    connections: 52,
    replicationSlots: 1,
    memoryBytes: 900 * 2 ** 20,
    diskBytes: 100 * 2 ** 20,
    openFiles: 205,
  };
  const shortages = checkNeeds(needs, nothing);
  assert.deepEqual(
    shortages.map(({ what, wanted, available }) => [what, wanted, available]),
    [
      ['connections to PostgreSQL', 53, 52],
      ['replication slots of PostgreSQL', 2, 1],
      ['of free memory', Math.ceil(needs.memoryBytes / 2 ** 20), 900],
      ['of free disk space', 380, 100],
      ['open files of k6', 600, 205],
      ['open files of a replica', 210, 205],
    ],
  );
  const error = refusalOf(shortages);
  assert.equal(error.exitCode, 3);
  assert.match(
    error.message,
    /53 connections to PostgreSQL \(52 to be had\); .* MB of free memory \(900 MB /,
  );
  assert.match(error.remedy ?? '', /max_connections .*wal_level=logical .*ulimit -n 600/);
});

test('a refusal says each thing that can be done once', () => {
  const needs = needsOf({ ...demand, replicas: 16, worlds: [streamed, streamed, streamed] });
  const shortages = checkNeeds(needs, {
    connections: 200,
    replicationSlots: 0,
    memoryBytes: 0,
    diskBytes: 0,
    openFiles: 100,
  });
  const { message, remedy = '' } = refusalOf(shortages);
  assert.match(message, /579 connections to PostgreSQL \(200 to be had\)/);
  for (const thing of [
    'fewer',
    '--rate',
    'max_connections',
    'end other programs',
    'free some space',
    'ulimit',
  ])
    assert.ok(remedy.includes(thing), `${thing} in: ${remedy}`);
  for (const once of ['--replicas', '--rate', 'limit of open files', 'Ask for'])
    assert.equal(remedy.split(once).length, 2, `${once} once in: ${remedy}`);
});

test('a driver that asks one world of several needs the files for that one only', () => {
  const together = needsOf(demand);
  const alone = needsOf({ ...demand, worldsOfDriver: 1 });
  assert.equal(together.driverFiles - alone.driverFiles, 100 * 2);
});

test('the room of this machine is known', { skip: process.platform !== 'linux' && 'Linux only' }, () => {
  const { memoryBytes, openFiles, diskBytes } = readMachineRoom(tmpdir());
  assert.ok(diskBytes !== null && diskBytes > 0);
  assert.equal(readMachineRoom('/nowhere').diskBytes, null);
  assert.ok(memoryBytes !== null && memoryBytes > 0);
  assert.ok(openFiles === null || openFiles > 0);
});
