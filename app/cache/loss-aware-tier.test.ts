import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createSharedTier } from '../../tests/support/shared-tier.ts';
import { createLossAwareTier } from './loss-aware-tier.ts';

const ttlMs = 60_000;
const negativeTtlMs = 300_000;

/** A shared tier with an entry that was filled now, and is fresh for as long as one of its kind may be. */
async function fillOne(key: string, lifetimeMs: number, isAbsent = false) {
  const clock = createFakeClock();
  const shared = createSharedTier(clock);
  const { tier, leases, rejectFilledBeforeNow } = createLossAwareTier(shared, shared.leases, clock, (asked) =>
    asked.startsWith('feed:') ? null : { present: ttlMs, absent: negativeTtlMs },
  );
  const fill = () => {
    const freshUntil = clock.now() + lifetimeMs;
    return tier.set(key, { value: 1, version: 1, freshUntil, staleUntil: freshUntil, loadMs: 1, isAbsent });
  };
  await fill();
  const isGiven = async (): Promise<boolean> => {
    const [one] = await tier.getMany([key]);
    assert.deepEqual(await tier.get(key), one);
    return one !== undefined;
  };
  const isLeaseNeeded = async () => (await leases?.acquire(key, clock.now()))?.kind !== 'entry';
  return { clock, fill, isGiven, isLeaseNeeded, lose: rejectFilledBeforeNow };
}

for (const [name, lifetimeMs, isAbsent] of [
  ['a value', ttlMs, false],
  ['that there is none', negativeTtlMs, true],
] as const)
  test(`an entry of ${name} is given until a loss, and again when it was filled after that`, async () => {
    const { clock, fill, isGiven, lose } = await fillOne('photo:1', lifetimeMs, isAbsent);
    assert.ok(await isGiven());
    lose();
    assert.equal(await isGiven(), false);
    clock.advance(1);
    await fill();
    assert.ok(await isGiven());
  });

test('what no write invalidates is given whatever was lost, however short it lives', async () => {
  const { clock, isGiven, isLeaseNeeded, lose } = await fillOne('feed:1', 10_000);
  clock.advance(1);
  lose();
  assert.ok(await isGiven());
  assert.equal(await isLeaseNeeded(), false);
});

test('who asks for a lease after a loss gets it, though an entry is there', async () => {
  const { isLeaseNeeded, lose } = await fillOne('photo:1', ttlMs);
  assert.equal(await isLeaseNeeded(), false);
  lose();
  assert.ok(await isLeaseNeeded());
});
