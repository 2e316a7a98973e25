import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createActiveFeeds } from './active-feeds.ts';
import type { FeedObserver } from './feed-events.ts';
import type { KeptPage } from './feed-rows-store.ts';
import type { Queries } from '../storage/statement.ts';

/** Nothing is asked on the connection that listens. */
const unasked: Queries = { query: async () => [] };

const keptMs = 1_000;

function start({ entriesMax = 2, bytesMax = 1_000_000 } = {}) {
  const log: string[] = [];
  const clock = createFakeClock();
  const observe: FeedObserver = {
    activeRead: (result) => void log.push(result),
    recomputed: () => void log.push('recomputed'),
    evicted: (reason, count) => void log.push(`${count} evicted: ${reason}`),
    filled: () => {},
  };
  const feeds = createActiveFeeds({ entriesMax, bytesMax, clock, observe });
  const pageOf = (ids: readonly number[]): KeptPage => ({
    entries: ids.map((id) => ({ id, created_at_us: String(id) })),
    keptUntilMs: clock.now() + keptMs,
    isCut: false,
  });
  const read = async (reader: number, ids: readonly number[] = [reader]): Promise<string> => {
    log.length = 0;
    await feeds.read(reader, async () => pageOf(ids));
    return log.join(', ');
  };
  return { feeds, clock, log, read, pageOf };
}

test('the feeds that were read longest ago go first, and no more are held than there may be', async () => {
  const { feeds, read } = start();
  feeds.listener.resumed(unasked);
  for (const reader of [1, 2]) assert.equal(await read(reader), 'miss, recomputed');
  assert.equal(await read(1), 'hit');
  assert.equal(await read(3), 'miss, recomputed, 1 evicted: size');
  assert.equal(feeds.usage().entries, 2);
  assert.deepEqual([await read(1), await read(2)], ['hit', 'miss, recomputed, 1 evicted: size']);
});

test('their bytes are bounded too', async () => {
  const { feeds, read } = start({ entriesMax: 100, bytesMax: 2_000 });
  feeds.listener.resumed(unasked);
  for (let reader = 1; reader <= 20; reader += 1) await read(reader);
  const { entries, bytes } = feeds.usage();
  assert.ok(entries < 20 && entries > 1 && bytes <= 2_000, `${entries} entries, ${bytes} bytes`);
});

test('a feed that has changed is read anew, also when that is heard while it is being read', async () => {
  const { feeds, read, pageOf } = start();
  feeds.listener.resumed(unasked);
  await read(1);
  for (const changed of ['7,1', 'all']) {
    feeds.listener.notified(changed);
    assert.equal(await read(1), 'miss, recomputed');
  }
  const slow = Promise.withResolvers<KeptPage>();
  const reading = feeds.read(2, () => slow.promise);
  feeds.listener.notified('2');
  slow.resolve(pageOf([5]));
  assert.deepEqual((await reading)?.entries.length, 1);
  assert.equal(await read(2), 'miss, recomputed', 'what may be outdated was not held');
});

test('nothing is held while changes may be missed, and nothing past its time', async () => {
  const { feeds, clock, read } = start();
  assert.equal(await read(1), 'bypass');
  feeds.listener.resumed(unasked);
  await read(1);
  feeds.listener.disconnected(null);
  assert.equal(await read(1), 'bypass');
  feeds.listener.resumed(unasked);
  assert.equal(await read(1), 'miss, recomputed');
  clock.advance(keptMs);
  assert.equal(await read(1), 'miss, recomputed');
});
