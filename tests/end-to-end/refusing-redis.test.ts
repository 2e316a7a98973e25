import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onTestServer } from '../support/databases.ts';
import { startOwnRedis } from '../support/own-redis.ts';
import type { OwnRedis } from '../support/own-redis.ts';
import { runCli } from '../support/run-cli.ts';

const small = ['--people', '60', '--photos', '300', '--replicas', '1'];

let redis: OwnRedis;
before(async () => {
  redis = await startOwnRedis();
});
after(() => redis.stop());
const onOwnRedis = () => ({ ...onTestServer(), REDIS_URL: redis.url });

/** It refuses every write from now on, or takes them again. */
const refuseWrites = (isRefusing: boolean): Promise<unknown> =>
  redis.command('CONFIG', 'SET', 'min-replicas-to-write', isRefusing ? '1' : '0');

test('a Redis that cannot be written to is not measured', async () => {
  await refuseWrites(true);
  const run = runCli(['compare', 'cache-aside', ...small], { shell: onOwnRedis() });
  const { status, stdout, stderr } = await run.ended;
  assert.equal(status, 3, stderr);
  assert.match(stderr, /The Redis of REDIS_URL cannot be written to: NOREPLICAS Not enough good replicas/);
  assert.match(stderr, /min-replicas-to-write 0/);
  assert.equal(stdout, '');
});

const toldOfWrites = /The tier did not work: redis refused .*\d+ of \d+ writes \(limit 10/;

/** On a busy machine the load may be over when writes are refused, or requests fail, which is told first: then it is done again. */
async function loadAndRefuse(seconds: number, attemptsLeft = 4) {
  await refuseWrites(false);
  const args = ['load', 'feed-browsing', '--candidate', 'cache-aside', '--rate', '40'];
  const run = runCli([...args, '--duration', String(seconds), ...small], { shell: onOwnRedis() });
  await run.said('Loading cache-aside');
  await refuseWrites(true);
  const ended = await run.ended;
  await refuseWrites(false);
  if (toldOfWrites.test(ended.stderr) || attemptsLeft === 1) return ended;
  return loadAndRefuse(2 * seconds, attemptsLeft - 1);
}

test('one that refuses writes while it is loaded is told, and the load has failed', async () => {
  const { status, stdout, stderr } = await loadAndRefuse(2);
  assert.equal(status, 20, stderr);
  const told = / \d+ failed, \d+ dropped\nredis refused (\d+) of (\d+) reads, (\d+) of (\d+) writes\n/.exec(
    stdout,
  );
  assert.ok(told !== null, stdout);
  const [, refusedReads, reads, refusedWrites, writes] = told.map(Number);
  // What a busy machine answers late counts as refused.
  assert.ok(Number(refusedReads) < Number(reads) / 2, told[0]);
  assert.ok(Number(refusedWrites) > Number(writes) / 10, told[0]);
  assert.match(stderr, toldOfWrites);
  assert.match(stderr, /redis-tier-refuses\.md/);
});
