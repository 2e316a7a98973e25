import { storeThenInvalidate } from '../strategy.ts';
import type { TieredDefinition } from '../strategy.ts';
import { cacheAside } from './cache-aside.ts';

/**
 * **write-behind**: a write that can be said as data is acknowledged once a bounded queue in Redis has it on disk; storage
 * follows in batches, at the latest after `flush` ([Coherence](https://docs.oracle.com/cd/E18686_01/coh.37/e18680/readthrough.htm)).
 * Writers wait for no commit, and many writes become one statement. An acknowledged write survives the death of every
 * process, and takes effect once. Until the flush nobody sees it, not even its writer; the answer is a forecast, from a look
 * at storage where that can be had; and storage's refusals come too late for the writer: a row that it does not allow is set
 * aside, all else waits until it takes writes again. Redis has to write every command to
 * disk before it answers, fills too. A full queue, or a Redis that does not answer, sends the write to storage at once; so
 * does a write that says nothing about waiting, as in cache-aside.
 */
export const writeBehind: TieredDefinition = {
  ...cacheAside,
  name: 'write-behind',
  summary: 'a write is acknowledged once a durable queue has it; storage follows in batches',
  defersWrites: true,
  parameters: ['flush', 'queue'],
  defaults: { protection: 'single-flight', redisEviction: 'volatile-lru' },
  allows: [...cacheAside.allows, 'storage-lags'],
  refuses: ({ redisEviction }) =>
    redisEviction.startsWith('allkeys')
      ? `redis-eviction=${redisEviction} could evict the queue; a volatile policy, or noeviction, cannot.`
      : null,
  decisions({ queue }) {
    return {
      async write(write, steps) {
        const { deferrable } = write;
        if (queue === null || deferrable === undefined) return storeThenInvalidate(write, steps);
        const answer = await deferrable.answer();
        return (await queue.append(deferrable)) ? answer : storeThenInvalidate(write, steps);
      },
    };
  },
};
