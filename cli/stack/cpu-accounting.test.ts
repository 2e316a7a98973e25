import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { readProcessCpuUs, readTreeCpuUs } from './cpu-accounting.ts';

const skip = process.platform !== 'linux' && 'Linux only';

function burn(): number {
  let sum = 0;
  for (let step = 0; step < 5e7; step += 1) sum += step % 7;
  return sum;
}

test('the CPU of a process grows while it works, and holds what its threads do', { skip }, async (t) => {
  const before = readProcessCpuUs(process.pid) ?? 0;
  const script = `const { parentPort } = require('worker_threads');
    (${burn.toString()})(); parentPort.postMessage('done'); parentPort.on('message', () => {})`;
  const worker = new Worker(script, { eval: true });
  t.after(() => worker.terminate());
  await once(worker, 'message');
  const ofThread = readProcessCpuUs(process.pid) ?? 0;
  burn();
  const ofBoth = readProcessCpuUs(process.pid) ?? 0;
  assert.ok(0 < before && before < ofThread && ofThread < ofBoth, `${before}, ${ofThread}, ${ofBoth}`);
});

test('the CPU of a tree holds live children and those that have ended', { skip }, async () => {
  const script = `(${burn.toString()})(); console.log('done'); process.stdin.resume()`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const own = readProcessCpuUs(process.pid);
  const ofChild = readProcessCpuUs(child.pid as number);
  const tree = readTreeCpuUs(process.pid);
  assert.ok(own !== null && ofChild !== null && tree !== null);
  assert.ok(tree >= own + ofChild, `${tree} of ${own} + ${ofChild}`);
  child.stdin.end();
  await once(child, 'exit');
  const afterwards = readTreeCpuUs(process.pid);
  // What has ended is counted in ticks of 10 ms, user and system time each.
  assert.ok(afterwards !== null && afterwards >= own + ofChild - 20_000, `${afterwards} after ${tree}`);
});

test('of a process that is gone nothing is known', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  const pid = child.pid as number;
  await once(child, 'exit');
  assert.equal(readProcessCpuUs(pid), null);
  assert.equal(readTreeCpuUs(pid), null);
});
