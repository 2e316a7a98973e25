import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawsOf } from '../../../loadtests/workloads/counter-random.ts';
import { createVirtualTime } from '../../../tests/gateway-simulation/virtual-time.ts';
import { createLeaderMemory } from './leader-memory.ts';
import type { GatewayMessage } from './messages.ts';
import { createRecordTable } from './record-table.ts';
import { createReplica } from './replica.ts';

const keepAliveGapMs = 5;
const eventGapMs = 2;
const oneWayMs = 0.5;
/** Far beyond what these tests take. */
const never = 1e9;

/** A leader and one gateway in virtual time, on a connection that takes `oneWayMs` each way. */
function createPair({ hasDummies = true } = {}) {
  const time = createVirtualTime();
  const memory = createLeaderMemory({
    epoch: 1,
    records: createRecordTable(),
    queuedBytesMax: 1e6,
    isLeading: () => true,
  });
  const replica = createReplica({
    keepAliveGapMs,
    heartbeatMs: never,
    stalenessMaxMs: never,
    silentMaxMs: never,
    waitMaxMs: never,
    waitingReadsMax: 100_000,
    createTable: createRecordTable,
  });
  const stream = memory.openStream();
  const sentAtMs: number[] = [];
  const pump = (): void => {
    for (let message = stream.next(); message !== null; message = stream.next()) {
      const sent = message;
      time.after(oneWayMs, () => session.receive(sent, time.now()));
    }
  };
  const giveDummy = (): void => {
    if (hasDummies && memory.giveDummies()) pump();
  };
  const arrive = (message: GatewayMessage): void => {
    stream.receive(message, memory.lastAt());
    pump();
    time.after(eventGapMs, giveDummy);
  };
  const send = (message: GatewayMessage): void => {
    sentAtMs.push(time.now());
    time.after(oneWayMs, () => arrive(message));
  };
  const session = replica.openSession({ send, ended: assert.fail }, time.now());
  let isArmed = false;
  const wake = (): void => {
    const atMs = replica.wakeAtMs();
    if (isArmed || atMs === null || atMs > never / 2) return;
    isArmed = true;
    time.after(atMs - time.now(), () => {
      isArmed = false;
      replica.tick(time.now());
      wake();
    });
  };
  pump();
  time.runUntil(50);
  return {
    time,
    replica,
    sentAtMs,
    change(id: number) {
      memory.apply({ type: 'record', key: `posts:${id}`, version: 1, json: '{}' });
      pump();
    },
    /** Reads; calls back with how long it waited. */
    read(answered: (waitedMs: number) => void) {
      const fromMs = time.now();
      replica.read({ synchronised: () => answered(time.now() - fromMs), refused: assert.fail }, fromMs);
      wake();
    },
  };
}

describe('keep-alives', () => {
  for (const perSecond of [50, 1_000, 20_000]) {
    test(`TG-2: at ${perSecond} reads a second, a gateway sends one keep-alive per interval at most`, () => {
      const { time, read, sentAtMs } = createPair();
      let answered = 0;
      for (let index = 0; index < perSecond * 2; index += 1)
        time.after((index / perSecond) * 1_000, () => read(() => (answered += 1)));
      time.runUntil(3_000);
      assert.equal(answered, perSecond * 2);
      assert.ok(sentAtMs.length > 10);
      for (const [index, atMs] of sentAtMs.slice(1).entries())
        assert.ok(atMs - (sentAtMs[index] ?? 0) >= keepAliveGapMs - 1e-6);
    });
  }

  test('TG-2: at 1,000 reads a second and 5 ms, one keep-alive answers five reads', () => {
    const { time, read, sentAtMs } = createPair();
    for (let index = 0; index < 3_000; index += 1) time.after(index + 0.1, () => read(() => {}));
    time.runUntil(4_000);
    const inOneSecond = sentAtMs.filter((atMs) => atMs > 1_000 && atMs <= 2_000).length;
    assert.equal(inOneSecond, 200);
  });
});

describe('an idle leader', () => {
  test('TG-3: acknowledges within keep-alive interval, event gap and round trip, by a dummy event', () => {
    const { time, read } = createPair();
    const waitsMs: number[] = [];
    const seed = 7;
    for (let index = 0; index < 500; index += 1) {
      const atMs = index * 20 + drawsOf(seed, 0, 0, index)(0) * 20;
      time.after(atMs, () => read((waitedMs) => waitsMs.push(waitedMs)));
    }
    time.runUntil(60_000);
    assert.equal(waitsMs.length, 500);
    const longestMs = Math.max(...waitsMs);
    assert.ok(longestMs <= keepAliveGapMs + eventGapMs + 2 * oneWayMs + 1e-6, `${longestMs} ms`);
    assert.ok(longestMs > eventGapMs, `${longestMs} ms`);
  });

  test('TG-3: without dummy events a read waits for the next change', () => {
    const { time, read, change } = createPair({ hasDummies: false });
    let waitedMs: number | null = null;
    read((ms) => (waitedMs = ms));
    time.runUntil(time.now() + 500);
    assert.equal(waitedMs, null);
    change(1);
    time.runUntil(time.now() + 500);
    assert.equal(waitedMs, 500 + oneWayMs);
  });
});
