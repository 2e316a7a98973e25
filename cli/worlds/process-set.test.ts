import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProcessSet } from './process-set.ts';
import type { FormerPorts } from './process-set.ts';
import type { WorldProcess } from './world-process.ts';

/** A set of one process that writes down what is done to it, on a clock that the test sets. */
function createFake({ drains = true } = {}) {
  const log: unknown[] = [];
  const clock = { nowMs: 1_000, now: () => clock.nowMs };
  let isAlive = false;
  const process = {
    name: 'r1',
    address: 'http://127.0.0.1:4000',
    metricsAddress: 'http://127.0.0.1:5000/metrics',
    isAlive: () => isAlive,
    process: { stop: async () => void (isAlive = false), heardOut: Promise.resolve() },
    hasDrained: () => drains,
    stopClock: async () => void log.push('stop'),
    resumeClock: async (behindMs: number) => void log.push(behindMs),
  } as unknown as WorldProcess;
  const start = async (ports: FormerPorts) => {
    log.push(ports);
    isAlive = true;
    return process;
  };
  const set = createProcessSet(clock, [start], ({ name }) => void log.push(`cut ${name}`));
  const startAll = async () => {
    for (const one of set.starts()) await one(new AbortController().signal);
  };
  return { set, clock, startAll, taken: () => log.splice(0) };
}

test('a process that starts anew gets its former ports and the clock of its world', async () => {
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

test('a process that joins a world whose clock stands, stands where the others do', async () => {
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

test('a process that died while the clock of its world stood is not asked to go on', async () => {
  const { set, clock, startAll, taken } = createFake();
  await startAll();
  await set.stopClock();
  await set.stop();
  taken();
  clock.nowMs += 30;
  await set.resumeClock();
  assert.deepEqual(taken(), []);
  await startAll();
  assert.deepEqual(
    taken(),
    [{ http: 4_000, metrics: 5_000 }, 30],
    'the one in its place reads what the others read',
  );
});

test('where a process runs, none is started', async () => {
  const { startAll, taken } = createFake();
  await startAll();
  await startAll();
  assert.deepEqual(taken(), [null]);
});

test('one that was stopped before it had finished what was under way is told of', async () => {
  for (const drains of [true, false]) {
    const { set, startAll, taken } = createFake({ drains });
    await startAll();
    taken();
    await set.stop();
    assert.deepEqual(taken(), drains ? [] : ['cut r1']);
    await set.stop();
    assert.deepEqual(taken(), [], 'what does not run is not stopped');
  }
});
