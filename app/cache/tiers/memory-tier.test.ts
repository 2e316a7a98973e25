import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import { recordEvents } from '../../../tests/support/recorded-events.ts';
import type { RecordedEvent } from '../../../tests/support/recorded-events.ts';
import { defaultParameters } from '../settings/cache-axes.ts';
import { createMemoryTier } from './memory-tier.ts';
import { tombstoneMs } from './tier.ts';

function setUp(memoryBytes = 2 ** 20) {
  const clock = createFakeClock();
  const events: RecordedEvent[] = [];
  const tier = createMemoryTier({
    settings: { ...defaultParameters, memoryBytes },
    clock,
    observe: recordEvents(events),
  });
  const entryOf = (version: number, value: unknown = 'x', forMs = 1_000) => ({
    value,
    version,
    freshUntil: clock.now() + forMs,
    staleUntil: clock.now() + forMs,
    loadMs: 0,
    isAbsent: false,
  });
  return { clock, events, tier, entryOf };
}

test('answers without a promise', () => {
  const { tier, entryOf } = setUp();
  tier.set('photo:1', entryOf(1));
  assert.equal(tier.get('photo:1')?.entry.version, 1);
});

test('is bounded in bytes, drops what was used longest ago, and says so', () => {
  const { tier, entryOf, events } = setUp(64 * 1024);
  const text = 'x'.repeat(500);
  for (let id = 0; id < 200; id += 1) {
    tier.set(`photo:${id}`, entryOf(1, { text }));
    tier.get('photo:0');
  }
  const kept = Array.from({ length: 200 }, (_, id) => id).filter(
    (id) => tier.get(`photo:${id}`) !== undefined,
  );
  assert.ok(kept.length >= 30 && kept.length <= 64, `${kept.length} entries of 1 KiB in 64 KiB`);
  assert.ok(kept.includes(0) && kept.includes(199) && !kept.includes(1));
  assert.deepEqual(events[0], { type: 'evicted', name: 'photo', tier: 'memory', reason: 'size', count: 1 });
  assert.equal(events.length, 200 - kept.length);
});

test('an entry larger than the tier is not kept, and evicts nothing', () => {
  const { tier, entryOf } = setUp(64 * 1024);
  tier.set('photo:1', entryOf(1));
  tier.set('photo:2', entryOf(1, 'x'.repeat(64 * 1024)));
  assert.equal(tier.get('photo:2'), undefined);
  assert.equal(tier.get('photo:1')?.entry.version, 1);
});

test('an expired entry is dropped once, as an event', () => {
  const { tier, entryOf, events, clock } = setUp();
  tier.set('comments:1', entryOf(1));
  clock.advance(1_000);
  tier.get('comments:1');
  tier.get('comments:1');
  assert.deepEqual(events, [{ type: 'evicted', name: 'comments', tier: 'memory', reason: 'ttl', count: 1 }]);
});

test('a reader cannot change what the next one gets', () => {
  const { tier, entryOf } = setUp();
  tier.set('photo:1', entryOf(1, { caption: 'x', comments: [{ text: 'y' }] }));
  const value = tier.get('photo:1')?.entry.value as { caption: string; comments: { text: string }[] };
  assert.throws(() => (value.caption = 'z'), TypeError);
  assert.throws(() => ((value.comments[0] as { text: string }).text = 'z'), TypeError);
});

test('a flush empties it, counts by entity, and refuses reads that had begun', () => {
  const { tier, entryOf, events, clock } = setUp();
  tier.set('photo:1', entryOf(1));
  tier.set('photo:2', entryOf(1));
  tier.set('comments:1', entryOf(1));
  const startedAtMs = clock.now();
  clock.advance(1);
  tier.flush();
  assert.equal(tier.get('photo:1'), undefined);
  assert.equal(tier.setFenced('photo:1', entryOf(9), startedAtMs), false);
  clock.advance(1);
  assert.equal(tier.setFenced('photo:1', entryOf(9), clock.now()), true);
  const flushed = new Map(
    events.flatMap((event) => (event.type === 'evicted' ? [[event.name, event.count]] : [])),
  );
  assert.deepEqual(Object.fromEntries(flushed), { photo: 2, comments: 1 });
});

test('suspended, it takes nothing until it resumes, and resumes empty', () => {
  const { tier, entryOf, clock } = setUp();
  tier.set('photo:1', entryOf(1));
  tier.suspend();
  clock.advance(1);
  tier.set('photo:2', entryOf(1));
  tier.setFenced('photo:3', entryOf(1), clock.now());
  assert.deepEqual(tier.getMany(['photo:1', 'photo:2', 'photo:3']), [undefined, undefined, undefined]);
  const beganSuspendedMs = clock.now();
  tier.resume();
  assert.equal(
    tier.setFenced('photo:3', entryOf(1), beganSuspendedMs),
    false,
    'nobody told of writes meanwhile',
  );
  clock.advance(1);
  tier.set('photo:2', entryOf(1));
  assert.equal(tier.get('photo:2')?.entry.version, 1);
});

test('a tombstone outlives the eviction of everything else', () => {
  const { tier, entryOf, clock } = setUp(64 * 1024);
  const startedAtMs = clock.now();
  tier.deleteFenced('photo:1', 2);
  for (let id = 2; id < 1_000; id += 1) tier.set(`photo:${id}`, entryOf(1, 'x'.repeat(1_000)));
  clock.advance(tombstoneMs - 1);
  assert.equal(tier.setFenced('photo:1', entryOf(1), startedAtMs), false);
});

test('more tombstones than can be kept refuse every read from before those that went', () => {
  const { tier, entryOf, clock } = setUp();
  const startedAtMs = clock.now();
  clock.advance(1);
  for (let id = 0; id <= 100_000; id += 1) tier.deleteFenced(`photo:${id}`, 2);
  assert.equal(tier.setFenced('photo:0', entryOf(1), startedAtMs), false);
  assert.equal(tier.setFenced('comments:7', entryOf(1), startedAtMs), false);
  clock.advance(1);
  assert.equal(tier.setFenced('comments:7', entryOf(1), clock.now()), true);
});
