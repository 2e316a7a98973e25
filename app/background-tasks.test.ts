import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBackgroundTasks } from './background-tasks.ts';

it('tells failures by the name of their task, and nothing of successes', async () => {
  const failures: [string, unknown][] = [];
  const tasks = createBackgroundTasks((name, reason) => failures.push([name, reason]));
  const reason = new RangeError('late');
  tasks.run('good', Promise.resolve(1));
  tasks.run('bad', Promise.reject(reason));
  await tasks.settled();
  assert.deepEqual(failures, [['bad', reason]]);
});

it('is settled when nothing runs any more', async () => {
  const tasks = createBackgroundTasks(() => {});
  await tasks.settled();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isSettled = false;
  tasks.run('slow', promise);
  const settled = tasks.settled().then(() => {
    isSettled = true;
  });
  await Promise.resolve();
  assert.equal(isSettled, false);
  resolve();
  await settled;
  assert.equal(isSettled, true);
});
