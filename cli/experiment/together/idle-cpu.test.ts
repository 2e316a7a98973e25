import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '../../worlds/world.ts';
import { measureIdle } from './idle-cpu.ts';
import type { Sources } from './readings.ts';

/** Worlds that use that many microseconds of CPU per millisecond, by slice: 0 is the calm before the first. */
function idleWorlds(usPerMs: readonly ((slice: number) => number)[]) {
  let [nowMs, slice] = [0, 0];
  const usedUs = usPerMs.map(() => 0);
  const worlds = usPerMs.map(
    (_, index) =>
      ({
        database: `d${index}`,
        redis: null,
        cpuUsByKind: () => ({ service: usedUs[index] ?? null, worker: (usedUs[index] ?? 0) / 2 }),
      }) as unknown as World,
  );
  const sources: Sources = {
    worlds,
    postgres: {
      read: async () => ({ byDatabase: new Map([['d0', 2 * nowMs]]), sharedUs: 0 }),
      stop: async () => {},
    },
    clock: { now: () => nowMs },
    wallClock: () => new Date(nowMs),
  };
  const wait = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const [index, rate] of usPerMs.entries()) usedUs[index] = (usedUs[index] ?? 0) + ms * rate(slice);
    slice += 1;
  };
  return { sources, wait };
}

test('what each world uses without load is told per second', async () => {
  const { sources, wait } = idleWorlds([() => 4, () => 6]);
  const [first, second] = await measureIdle(sources, wait);
  assert.deepEqual(first, { service: 4_000, postgres: 2_000, redis: 0, further: { worker: 2_000 } });
  assert.deepEqual(second, { service: 6_000, postgres: 0, redis: 0, further: { worker: 3_000 } });
});

test('a collection of garbage after the warm-up is no idle work', async () => {
  const busyIn =
    (...slices: readonly number[]) =>
    (slice: number) =>
      slices.includes(slice) ? 200 : 4;
  const { sources, wait } = idleWorlds([busyIn(0), busyIn(3), busyIn(1, 2), () => 4]);
  for (const { service } of await measureIdle(sources, wait)) assert.equal(service, 4_000);
});

test('what the platform does not tell of is not known, and not 0', async () => {
  const { sources, wait } = idleWorlds([() => 4]);
  const silent: Sources = { ...sources, postgres: { read: async () => null, stop: async () => {} } };
  const [only] = await measureIdle(silent, wait);
  assert.deepEqual(only, { service: 4_000, postgres: null, redis: 0, further: { worker: 2_000 } });
});
