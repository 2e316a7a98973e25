import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { startOutboxWorker } from './outbox-worker.ts';

test('who is woken in vain looks again soon, and then later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let looks = 0;
  let ring = (): void => {};
  const worker = startOutboxWorker({
    storage: {
      query: () => Promise.resolve([]),
      listen: (_channel, { notified }) => {
        ring = () => notified('');
        return { stop: () => Promise.resolve() };
      },
    },
    deliver: () => {
      looks += 1;
      return Promise.resolve(false);
    },
    chores: [],
    onTrouble: (what, reason) => assert.fail(`${what}: ${String(reason)}`),
  });
  const looksAfter = async (ms: number): Promise<number> => {
    t.mock.timers.tick(ms);
    for (let turns = 0; turns < 5; turns += 1) await turn();
    return looks;
  };
  assert.equal(await looksAfter(0), 1);
  for (const ms of [10, 50, 250, 1_000]) await looksAfter(ms);
  assert.equal(looks, 5);
  assert.equal(await looksAfter(50), 5, 'nothing happens: it looks once a second');
  ring();
  assert.equal(await looksAfter(0), 6);
  assert.equal(await looksAfter(10), 7);
  assert.equal(await looksAfter(50), 8);
  const stopped = worker.stop();
  await looksAfter(1_000);
  await stopped;
});
