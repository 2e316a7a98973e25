import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../errors.ts';
import { keepRedisRunning } from './keep-redis.ts';

/** A Redis that has ended, and that fails to start as often as told. */
function createEndedRedis(failures: number) {
  let left = failures;
  let hasEnded = Promise.resolve();
  let starts = 0;
  return {
    starts: () => starts,
    pid: 7,
    ended: () => hasEnded,
    async startAgain() {
      starts += 1;
      if (left > 0) {
        left -= 1;
        throw new CommandError('cannotProvision', 'Redis does not start: the port is taken');
      }
      hasEnded = new Promise<void>(() => {});
    },
  };
}

/** Runs until the Redis is back or given up. */
async function keep(redis: ReturnType<typeof createEndedRedis>) {
  const told = new AbortController();
  const reports: string[] = [];
  const pauses: number[] = [];
  let backs = 0;
  const kept = keepRedisRunning(redis, {
    signal: told.signal,
    report: (message) => void reports.push(message),
    onBack: () => {
      backs += 1;
      told.abort();
    },
    pause: async (ms) => void pauses.push(ms),
  });
  const failure: unknown = await kept.then(
    () => null,
    (error: unknown) => error,
  );
  return { failure, reports, pauses, backs };
}

test('a Redis that ended is started again after a while, and who is interested is told', async () => {
  const redis = createEndedRedis(0);
  const { failure, reports, pauses, backs } = await keep(redis);
  assert.equal(failure, null);
  assert.deepEqual(reports, ['Redis is gone. It is started again in 20 s.', 'Redis is back, as process 7.']);
  assert.deepEqual([pauses, backs], [[20_000], 1]);
});

test('a start that fails is reported and tried again', async () => {
  const redis = createEndedRedis(2);
  const { failure, reports, pauses } = await keep(redis);
  assert.equal(failure, null);
  assert.equal(redis.starts(), 3);
  assert.deepEqual(pauses, [20_000, 5_000, 5_000]);
  assert.equal(reports[1], 'Redis does not start: the port is taken\n  It is tried again in 5 s.');
  assert.equal(reports.at(-1), 'Redis is back, as process 7.');
});

test('after a minute of failures it is given up', async () => {
  const { failure, pauses } = await keep(createEndedRedis(Infinity));
  assert.ok(failure instanceof CommandError);
  const lastedMs = pauses.slice(1).reduce((sum, ms) => sum + ms, 0);
  assert.ok(lastedMs >= 55_000 && lastedMs <= 60_000, `${lastedMs} ms`);
});
