import type { CpuUs } from '../records.ts';
import { difference } from '../../stack/machine-between.ts';
import { readCpu } from './readings.ts';
import type { CpuReading, Sources } from './readings.ts';

/** CPU of a world without load, microseconds per second. */
export type IdleRate = Omit<CpuUs, 'driver'>;

/** What was begun by the last requests (refreshes, collections of garbage) has time to end. */
const calmMs = 1_000;
const measuredMs = 3_000;

/** What each world uses while nobody asks anything: timers, heartbeats, invalidation readers. It is no cost of a request. */
export async function measureIdle(
  sources: Sources,
  wait: (ms: number) => Promise<void>,
): Promise<readonly IdleRate[]> {
  await wait(calmMs);
  const before = await readCpu(sources, null);
  await wait(measuredMs);
  const after = await readCpu(sources, null);
  return sources.worlds.map((_, world) => ratesBetween(before, after, world));
}

function ratesBetween(before: CpuReading, after: CpuReading, world: number): IdleRate {
  const seconds = (after.atMs - before.atMs) / 1000;
  const rate = (part: keyof IdleRate): number | null => {
    const us = difference(after.worlds[world]?.[part] ?? null, before.worlds[world]?.[part] ?? null);
    return us === null ? null : us / seconds;
  };
  return { service: rate('service'), postgres: rate('postgres'), redis: rate('redis') };
}
