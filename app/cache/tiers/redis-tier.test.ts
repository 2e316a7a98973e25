import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Redis } from 'ioredis';
import { createFakeClock } from '../../../tests/support/fake-clock.ts';
import { createTestRedisTier } from '../../../tests/support/test-redis-tier.ts';
import { recordEvents } from '../../../tests/support/recorded-events.ts';
import type { RecordedEvent } from '../../../tests/support/recorded-events.ts';
import { leaseMs } from './tier.ts';
import type { SharedTier } from './tier.ts';

const clock = createFakeClock();
const events: RecordedEvent[] = [];
let tier: SharedTier;
let redis: Redis;
let keyPrefix: string;

before(async () => {
  ({ tier, redis, keyPrefix } = await createTestRedisTier(clock, recordEvents(events)));
});
after(() => tier.close());

const entryOf = (version: number, value: unknown = 'x', forMs = 5_000) => ({
  value,
  version,
  freshUntil: clock.now() + forMs,
  staleUntil: clock.now() + forMs,
  loadMs: 0,
  isAbsent: false,
});

test('foreign bytes are a miss and an event, and the next fill replaces them', async () => {
  for (const [id, bytes] of ['', 'null', '9|e|1|2|3|4', '\u0000'].entries()) {
    const key = `photo:foreign-${id}`;
    await redis.set(keyPrefix + key, bytes);
    events.length = 0;
    assert.equal(await tier.get(key), undefined);
    assert.deepEqual(await tier.getMany([key]), [undefined]);
    const failures = events.filter(
      (event) => event.type === 'tier-operation' && event.operation === 'decode',
    );
    assert.equal(failures.length, 2);
    assert.equal(await tier.setFenced(key, entryOf(1), clock.now()), true);
    assert.equal((await tier.get(key))?.entry.version, 1);
  }
});

test('an absent key and a tombstone are no corrupt entries', async () => {
  await tier.deleteFenced('photo:gone', 2);
  events.length = 0;
  await tier.getMany(['photo:gone', 'photo:never']);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['tier-operation'],
  );
});

test('what Redis refuses is a miss and an event, and does not close the tier for other keys', async () => {
  await redis.lpush(`${keyPrefix}photo:list`, 'x');
  await tier.set('photo:good', entryOf(1));
  events.length = 0;
  for (let read = 0; read < 20; read += 1) assert.equal(await tier.get('photo:list'), undefined);
  assert.equal((await tier.get('photo:good'))?.entry.version, 1);
  const results = events.flatMap((event) => (event.type === 'tier-operation' ? [event.result] : []));
  assert.deepEqual(results, [...Array.from({ length: 20 }, () => 'error'), 'hit']);
});

test('a value that JSON cannot say is not kept, and does not close the tier', async () => {
  for (let fill = 0; fill < 20; fill += 1) {
    await tier.set('photo:big', entryOf(1, { likes: 1n }));
    assert.equal(await tier.setFenced('photo:big', entryOf(1, { likes: 1n }), clock.now()), false);
  }
  await tier.set('photo:nothing', { ...entryOf(1), value: undefined });
  assert.equal(await tier.get('photo:big'), undefined);
  assert.equal(await tier.get('photo:nothing'), undefined);
  await tier.set('photo:good', entryOf(2));
  assert.equal((await tier.get('photo:good'))?.entry.version, 2);
});

test('entries and tombstones are bounded in Redis too', async () => {
  await tier.set('photo:short', entryOf(1, 'x', 1_000));
  const entryMs = await redis.pttl(`${keyPrefix}photo:short`);
  // 60 s is the slack for a clock that stands still.
  assert.ok(entryMs > 55_000 && entryMs <= 61_000, `${entryMs} ms`);
  await tier.deleteFenced('photo:short', 2);
  const tombstoneMs = await redis.pttl(`${keyPrefix}photo:short`);
  assert.ok(tombstoneMs > 85_000 && tombstoneMs <= 90_000, `${tombstoneMs} ms`);
});

test('a lease is over by the clock of the service: Redis keeps it for longer', async () => {
  const first = await tier.leases.acquire('photo:leased', clock.now());
  assert.equal(first.kind, 'granted');
  clock.advance(leaseMs - 1);
  assert.equal((await tier.leases.acquire('photo:leased', clock.now())).kind, 'held');
  clock.advance(1);
  assert.ok((await redis.pttl(`${keyPrefix}photo:leased:lease`)) > leaseMs, 'Redis has it still');
  const second = await tier.leases.acquire('photo:leased', clock.now());
  assert.ok(first.kind === 'granted' && second.kind === 'granted');
  assert.equal(await tier.leases.fill('photo:leased', entryOf(1), first.token), false, 'it is over');
  assert.equal(await tier.leases.fill('photo:leased', entryOf(1), second.token), true);
});

test('scripts that the server forgot are sent again', async () => {
  await tier.setFenced('photo:script', entryOf(1), clock.now());
  await redis.script('FLUSH');
  assert.equal(await tier.setFenced('photo:script', entryOf(2), clock.now()), true);
  assert.equal((await tier.get('photo:script'))?.entry.version, 2);
});
