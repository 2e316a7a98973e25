import { cpuUsByKindBetween, mapKinds } from '../../worlds/cpu-by-kind.ts';
import type { IdleRate } from '../records.ts';
import { difference } from '../../stack/machine-between.ts';
import { readCpu } from './readings.ts';
import type { CpuReading, Sources } from './readings.ts';

/**
 * The pause before idle CPU is measured, in which what the last requests began (refreshes, collections of
 * garbage) can end.
 */
const calmMs = 1_000;
/**
 * How many slices of time the median is taken over: a collection of garbage or the compilation of a function,
 * which is no idle work, falls into one or two.
 */
const slices = 5;
const sliceMs = 800;

/** What each world uses while nobody asks anything: timers, heartbeats, invalidation readers. It is no cost of a request. */
export async function measureIdle(
  sources: Sources,
  wait: (ms: number) => Promise<void>,
): Promise<readonly IdleRate[]> {
  await wait(calmMs);
  const rates: IdleRate[][] = sources.worlds.map(() => []);
  let before = await readCpu(sources, null);
  for (let slice = 0; slice < slices; slice += 1) {
    await wait(sliceMs);
    const after = await readCpu(sources, null);
    for (const [world, own] of rates.entries()) own.push(ratesBetween(before, after, world));
    before = after;
  }
  return rates.map((own) => ({
    service: medianOf(own.map(({ service }) => service)),
    postgres: medianOf(own.map(({ postgres }) => postgres)),
    redis: medianOf(own.map(({ redis }) => redis)),
    further: mapKinds(own[0]?.further ?? {}, (_, kindName) =>
      medianOf(own.map(({ further }) => further[kindName] ?? null)),
    ),
  }));
}

/** Null where one of the values is not known. */
function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known.length < values.length ? null : (known[Math.floor(known.length / 2)] ?? null);
}

function ratesBetween(before: CpuReading, after: CpuReading, world: number): IdleRate {
  const seconds = (after.atMs - before.atMs) / 1000;
  const perSecond = (us: number | null): number | null => (us === null ? null : us / seconds);
  const rate = (part: 'service' | 'postgres' | 'redis'): number | null => {
    const [late, early] = [after, before].map(({ worlds }) => worlds[world]?.[part] ?? null);
    return perSecond(difference(late ?? null, early ?? null));
  };
  const used = cpuUsByKindBetween(after.worlds[world]?.further ?? {}, before.worlds[world]?.further ?? {});
  const further = mapKinds(used, perSecond);
  return { service: rate('service'), postgres: rate('postgres'), redis: rate('redis'), further };
}
