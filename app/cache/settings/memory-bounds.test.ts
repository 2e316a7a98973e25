import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startOwnRedis } from '../../../tests/support/own-redis.ts';
import type { OwnRedis } from '../../../tests/support/own-redis.ts';
import { createCommandConnection } from '../../redis/redis-connection.ts';
import { createRedisCommands } from '../../redis/redis-commands.ts';
import { entryScripts } from '../tiers/redis/entry-scripts.ts';
import { createWriteLog } from '../writes/write-log.ts';
import { redisBytesLeast } from './memory-bounds.ts';
import { parseSettings } from '../../../tests/support/parse-settings.ts';
import { lackOfRedisMemory } from './refused-settings.ts';

const replicas = 2;
const connectionsPerReplica = 4;
const entries = 1_500;
const payload = 'x'.repeat(700);
const batch = 500;

/** Entries and reads over as many connections as replicas have. How many writes the server refused. */
async function useAsReplicas(context: TestContext, { url }: OwnRedis): Promise<number> {
  let refused = 0;
  for (let client = 0; client < replicas * connectionsPerReplica; client += 1) {
    const redis = createCommandConnection(url, null);
    await redis.connect();
    context.after(() => redis.disconnect());
    const commands = createRedisCommands(redis, 'text', entryScripts, 10_000);
    const ids = Array.from({ length: entries / 3 }, (_, index) => (index + client * 211) % entries);
    const stored = await Promise.allSettled(
      ids.map((id) => commands.set(`darkroom:photo:${id}`, payload, 60_000)),
    );
    refused += stored.filter(({ status }) => status === 'rejected').length;
    await commands.mget(ids.map((id) => `darkroom:photo:${id}`));
  }
  return refused;
}

describe('the least memory of a Redis', () => {
  it('is enough for what it takes for itself, its connections and a thousand entries', async (context) => {
    const bytes = redisBytesLeast(0, replicas);
    const redis = await startOwnRedis('--maxmemory', String(bytes), '--maxmemory-policy', 'allkeys-lru');
    context.after(() => redis.stop());
    assert.equal(await useAsReplicas(context, redis), 0);
    assert.ok(Number(await redis.command('DBSIZE')) > 1_000);
  });

  it('is enough for a full queue of write-behind beside them', async (context) => {
    const { queueEntriesMax } = parseSettings('write-behind');
    const bytes = redisBytesLeast(queueEntriesMax, replicas);
    // Whether it is on disk changes nothing of what it takes in memory.
    const redis = await startOwnRedis('--maxmemory', String(bytes), '--maxmemory-policy', 'volatile-lru');
    context.after(() => redis.stop());
    assert.equal(await useAsReplicas(context, redis), 0);
    const connection = createCommandConnection(redis.url, null);
    await connection.connect();
    context.after(() => connection.disconnect());
    const trusted = {
      redis: connection,
      within: <T>(work: Promise<T>) => work,
      isTrusted: () => true,
      start: async () => {},
      close: () => {},
    };
    const log = createWriteLog(trusted, 'darkroom:', () => {});
    for (let from = 0; from < queueEntriesMax; from += batch) {
      const writes = Array.from({ length: batch }, (_, index) => {
        const like = { photoId: 100_000 + from + index, personId: 100_000 + index };
        return { kind: 'like', coalescingKey: Object.values(like).join(':'), payload: JSON.stringify(like) };
      });
      await Promise.all(writes.map((write) => log.append(write, queueEntriesMax)));
    }
    assert.equal(await redis.command('XLEN', 'darkroom:write-behind'), queueEntriesMax);
    for (let from = 0; from < queueEntriesMax; from += batch)
      assert.equal((await log.take(batch)).length, batch);
    assert.equal(await useAsReplicas(context, redis), 0, 'entries still find room');
  });

  it('grows with replicas, and with the queue of who has one', () => {
    const mebibytes = (writes: number, of: number) => redisBytesLeast(writes, of) / 1024 ** 2;
    assert.deepEqual([mebibytes(0, 1), mebibytes(0, 2), mebibytes(0, 16)], [4, 4, 11]);
    assert.deepEqual([mebibytes(10_000, 2), mebibytes(1_000, 2)], [7, 5]);
  });

  it('is asked of a candidate for its replicas', () => {
    const candidate = parseSettings('cache-aside:redis-memory=4MiB');
    assert.equal(lackOfRedisMemory(candidate, 2), null);
    assert.match(
      lackOfRedisMemory(candidate, 16) ?? '',
      /^redis-memory=4MiB is less than Redis takes for itself and 16 replicas: at least 11MiB\.$/,
    );
    assert.equal(lackOfRedisMemory(parseSettings('cache-aside:tiers=memory'), 100), null);
  });
});
