import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createTestRedis } from '../../tests/support/databases.ts';
import { createCommandConnection } from './redis-connection.ts';
import { loadScripts } from './redis-scripts.ts';
import type { RedisScript } from './redis-scripts.ts';

const raise: RedisScript = {
  name: 'darkroomTestRaise',
  keys: 1,
  lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
};
const twice: RedisScript = { name: 'darkroomTestTwice', keys: 0, lua: 'return 2 * tonumber(ARGV[1])' };

async function connect(context: TestContext) {
  const { url, keyPrefix } = createTestRedis();
  const redis = createCommandConnection(url, null);
  context.after(() => redis.disconnect());
  await redis.connect();
  return { redis, keyPrefix };
}

test('scripts of one connection run side by side, with their keys and arguments', async (context) => {
  const { redis, keyPrefix } = await connect(context);
  const run = loadScripts(redis, [raise, twice]);
  const key = `${keyPrefix}count`;
  const answers = await Promise.all([run(raise, [key], [3]), run(twice, [], ['4']), run(raise, [key], [2])]);
  assert.deepEqual(answers, [3, 8, 5]);
});

test('a script that the server forgot is sent again', async (context) => {
  const { redis } = await connect(context);
  const run = loadScripts(redis, [twice]);
  assert.equal(await run(twice, [], [1]), 2);
  await redis.script('FLUSH');
  assert.equal(await run(twice, [], [2]), 4);
});

test('a script that was not loaded is a mistake of the caller, said by name', async (context) => {
  const { redis } = await connect(context);
  const run = loadScripts(redis, [twice]);
  assert.throws(() => run(raise, ['key'], [1]), /darkroomTestRaise/);
});

test('what a script refuses is told with its words', async (context) => {
  const { redis, keyPrefix } = await connect(context);
  const run = loadScripts(redis, [raise]);
  await assert.rejects(run(raise, [`${keyPrefix}count`], ['no number']), /not an integer/);
});
