import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBackgroundTasks } from './background-tasks.ts';

it('tells failures by the name of their task, and nothing of successes', async () => {
  const failures: [string, unknown][] = [];
  const tasks = createBackgroundTasks((name, reason) => failures.push([name, reason]));
  const reason = new RangeError('late');
  tasks.run('good', Promise.resolve(1));
  tasks.run('bad', Promise.reject(reason));
  await tasks.settled(60_000);
  assert.deepEqual(failures, [['bad', reason]]);
});

it('is settled when nothing runs any more', async () => {
  const tasks = createBackgroundTasks(() => {});
  await tasks.settled(60_000);
  const { promise, resolve } = Promise.withResolvers<void>();
  let isSettled = false;
  tasks.run('slow', promise);
  const settled = tasks.settled(60_000).then(() => {
    isSettled = true;
  });
  await Promise.resolve();
  assert.equal(isSettled, false);
  resolve();
  await settled;
  assert.equal(isSettled, true);
});

it('waits no longer than the limit for a task that never ends', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const tasks = createBackgroundTasks(() => {});
  tasks.run('endless', Promise.withResolvers<void>().promise);
  const settled = tasks.settled(1_000);
  context.mock.timers.tick(1_000);
  await settled;
});
