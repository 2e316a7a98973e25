import type { RunSettings } from '../../../loadtests/workloads/run-settings.ts';
import type { K6Run } from '../../k6/run-k6.ts';
import { subtractCounters } from '../../worlds/service-counters.ts';
import { countersBetween } from '../../worlds/world.ts';
import type { World } from '../../worlds/world.ts';
import { askedOf, cacheReadsIn, hitsOf } from '../../worlds/cache-counts.ts';
import type { WarmUpCurve } from '../records.ts';

const secondMs = 1_000;

/** Warms one world up by requests and keeps how it went: the cold start is a result of its own. */
export async function warmUp(
  world: World,
  settings: RunSettings,
  runK6: (settings: RunSettings) => Promise<K6Run>,
): Promise<WarmUpCurve> {
  const hitRatios: (number | null)[] = [];
  let last = await world.readCounters();
  let isReading = false;
  let reading = Promise.resolve();
  const read = async (): Promise<void> => {
    const now = await world.readCounters();
    const counters = countersBetween(last, now, subtractCounters);
    const cache = counters === null ? null : cacheReadsIn(counters.counts);
    hitRatios.push(cache === null || askedOf(cache) === 0 ? null : hitsOf(cache) / askedOf(cache));
    last = now;
  };
  await world.resumeClock();
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    reading = read()
      .catch(() => {})
      .finally(() => {
        isReading = false;
      });
  }, secondMs);
  try {
    const run = await runK6(settings);
    const seconds = run.seconds.map((second, index) => ({
      ...second,
      hitRatio: hitRatios[index] ?? null,
      cpuUsPerRequest: null,
    }));
    return { candidate: world.label, part: 1, seconds };
  } finally {
    clearInterval(timer);
    await reading;
    if (world.lostProcesses().length === 0) await world.stopClock();
  }
}
