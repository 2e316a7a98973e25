import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplicaSet } from './replica-set.ts';
import type { ReplicaPorts } from './replica-set.ts';
import type { Replica } from './replica.ts';

/** A set of one replica that writes down what is done to it, on a clock that the test sets. */
function createFake() {
  const log: unknown[] = [];
  const clock = { nowMs: 1_000, now: () => clock.nowMs };
  let isAlive = false;
  const replica = {
    address: 'http://127.0.0.1:4000',
    metricsAddress: 'http://127.0.0.1:5000/metrics',
    isAlive: () => isAlive,
    process: { stop: async () => void (isAlive = false) },
    stopClock: async () => void log.push('stop'),
    resumeClock: async (behindMs: number) => void log.push(behindMs),
  } as unknown as Replica;
  const start = async (ports: ReplicaPorts) => {
    log.push(ports);
    isAlive = true;
    return replica;
  };
  const set = createReplicaSet(clock, [start]);
  const startAll = async () => {
    for (const one of set.starts()) await one(new AbortController().signal);
  };
  return { set, clock, startAll, taken: () => log.splice(0) };
}

test('a replica that starts anew gets its former ports and the clock of its world', async () => {
  const { set, clock, startAll, taken } = createFake();
  await startAll();
  assert.deepEqual(taken(), [null], 'the first time any port, and a clock that was never stopped');
  await set.stopClock();
  clock.nowMs += 70;
  await set.resumeClock();
  assert.deepEqual(taken(), ['stop', 70]);
  await set.stop();
  assert.equal(set.lost().length, 1);
  await startAll();
  assert.deepEqual(taken(), [{ http: 4_000, metrics: 5_000 }, 70]);
});

test('a replica that joins a world whose clock stands, stands where the others do', async () => {
  const { set, clock, startAll, taken } = createFake();
  await startAll();
  await set.stopClock();
  await set.stop();
  clock.nowMs += 30;
  taken();
  await startAll();
  assert.deepEqual(taken(), [{ http: 4_000, metrics: 5_000 }, 30, 'stop']);
  clock.nowMs += 5;
  await set.resumeClock();
  assert.deepEqual(taken(), [35]);
});

test('where a replica runs, none is started', async () => {
  const { startAll, taken } = createFake();
  await startAll();
  await startAll();
  assert.deepEqual(taken(), [null]);
});
