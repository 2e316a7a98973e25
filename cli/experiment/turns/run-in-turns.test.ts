import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '../../worlds/world.ts';
import type { BlockRecord, GuardFinding } from '../records.ts';
import { runInTurns } from './run-in-turns.ts';
import type { TurnsParts } from './run-in-turns.ts';

const settings = { rounds: 3, rate: 10, warmUpSeconds: 1, settleSeconds: 1, measureSeconds: 1 };
const worldOf = (label: string): World => ({ label, lostProcesses: () => [] }) as unknown as World;

/** An experiment over two worlds whose blocks are what `judge` says; the order of passes is kept. */
function setUp(
  judge: (pass: number, label: string) => GuardFinding['fault'] | null,
  more: Partial<TurnsParts> = {},
) {
  const log: string[] = [];
  const parts: TurnsParts = {
    worlds: [worldOf('a'), worldOf('b')],
    random: () => 0.99,
    signal: new AbortController().signal,
    warmUp: async (world, pass) => {
      log.push(`warm ${world.label} ${pass}`);
      return { candidate: world.label, part: 1, seconds: [] };
    },
    runBlock: async ({ world, pass, round, attempt, slot }) => {
      log.push(`${pass} ${world.label}`);
      const fault = judge(pass, world.label);
      const findings: GuardFinding[] =
        fault === null ? [] : [{ guard: 'g', kind: 'hard', fault, message: 'm' }];
      const status = round === 0 ? 'shakedown' : fault === null ? 'valid' : 'invalid';
      return { round, attempt, slot, candidate: world.label, status, findings } as unknown as BlockRecord;
    },
    onBlock: () => {},
    onRepeat: (round) => log.push(`repeat ${round}`),
    ...more,
  };
  return { log, run: () => runInTurns(settings, parts) };
}

test('warms up, shakes down, then runs every round in every world', async () => {
  const { log, run } = setUp(() => null);
  const experiment = await run();
  assert.equal(experiment.ended, 'complete');
  assert.deepEqual(log, ['warm a 0', 'warm b 0', '1 a', '1 b', '2 a', '2 b', '3 a', '3 b', '4 a', '4 b']);
  assert.equal(experiment.order.length, 3);
});

test('what was sent is told pass by pass, as seconds of one world: its clock stands still while the others have their turn', async () => {
  const { run } = setUp((pass, label) => (pass === 2 && label === 'b' ? 'machine' : null));
  const { sent, parts, stoppedBecause, rounds } = await run();
  assert.deepEqual(
    sent.map(({ pass, requests, startMs, seconds, isMeasured }) => [
      pass,
      requests,
      startMs,
      seconds,
      isMeasured,
    ]),
    [
      [0, 10, 1_000, 1, false],
      [1, 20, 3_000, 2, false],
      // Spoiled, and yet it has changed the caches.
      [2, 20, 6_000, 2, true],
      [3, 20, 9_000, 2, true],
      [4, 20, 12_000, 2, true],
      [5, 20, 15_000, 2, true],
    ],
  );
  assert.ok(sent.every(({ first, restartsBefore }) => first === 0 && !restartsBefore));
  assert.deepEqual([parts, stoppedBecause, rounds], [1, 'rounds', []]);
});

test('a spoiled round is run again in every world with fresh requests', async () => {
  const { log, run } = setUp((pass, label) => (pass === 2 && label === 'a' ? 'generator' : null));
  const experiment = await run();
  assert.equal(experiment.ended, 'complete');
  assert.deepEqual(log.slice(4), ['2 a', '2 b', 'repeat 1', '3 a', '3 b', '4 a', '4 b', '5 a', '5 b']);
  assert.deepEqual(
    experiment.blocks.filter(({ round }) => round === 1).map(({ attempt }) => attempt),
    [1, 1, 2, 2],
  );
});

test('a service that keeps failing ends the experiment after two repeats', async () => {
  const { log, run } = setUp((pass) => (pass >= 2 ? 'service' : null));
  assert.equal((await run()).ended, 'gave-up');
  assert.equal(log.filter((line) => line.startsWith('repeat')).length, 2);
});

test('a machine that keeps being noisy still runs all rounds, with four repeats at most', async () => {
  const { log, run } = setUp((pass) => (pass >= 2 ? 'machine' : null));
  const experiment = await run();
  assert.equal(experiment.ended, 'noisy');
  assert.equal(experiment.order.length, 3);
  assert.equal(log.filter((line) => line.startsWith('repeat')).length, 4);
});

test('an interruption keeps the finished blocks and drops the one under way', async () => {
  const controller = new AbortController();
  const { run } = setUp(() => null, { signal: controller.signal });
  let seen = 0;
  const interrupted = setUp(() => null, {
    signal: controller.signal,
    onBlock: () => {
      seen += 1;
      if (seen === 4) controller.abort();
    },
  });
  const experiment = await interrupted.run();
  assert.equal(experiment.ended, 'interrupted');
  assert.equal(experiment.blocks.length, 4);
  assert.equal((await run()).ended, 'interrupted');
});

test('a world that lost a process gets a new one and warms up again', async () => {
  let isLost = true;
  const lossy = {
    label: 'a',
    lostProcesses: () => (isLost ? [{ kindName: 'service', name: 'a-1' }] : []),
    replaceLostProcesses: async () => {
      isLost = false;
    },
  } as unknown as World;
  const { log, run } = setUp(() => null, { worlds: [lossy, worldOf('b')] });
  assert.equal((await run()).ended, 'complete');
  assert.deepEqual(log.slice(0, 6), ['warm a 0', 'warm b 0', '1 a', '1 b', 'warm a 0', '2 a']);
});
