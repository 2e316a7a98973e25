import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRunning } from '../support/run-cli.ts';
import { describeFailures, startBusyLoops } from './run-beside-load.ts';

test('what failed is told by name, the most often first, once for each run', () => {
  const runs = [
    { lastLine: '', failed: ['a', 'b', 'b'] },
    { lastLine: '', failed: ['b'] },
    { lastLine: '', failed: [] },
  ];
  assert.deepEqual(describeFailures(runs), ['2 of 3 runs: b', '1 of 3 runs: a']);
});

test('nothing of the busy loops is left when they are stopped', async () => {
  const loops = startBusyLoops(2);
  assert.equal(loops.pids.filter(isRunning).length, 2);
  // Somebody else may be faster.
  process.kill(Number(loops.pids[0]), 'SIGKILL');
  await loops.stop();
  assert.deepEqual(loops.pids.filter(isRunning), []);
});
