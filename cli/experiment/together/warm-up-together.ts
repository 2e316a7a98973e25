import { createSchedule } from '../../../loadtests/workloads/schedule.ts';
import type { RunSettings } from '../../../loadtests/workloads/run-settings.ts';
import type { Histogram } from 'hdr-histogram-js';
import type { K6End } from '../../k6/run-k6.ts';
import type { SampleRow } from '../../k6/sample-rows.ts';
import { createHistogram, quantileMs, recordUs } from '../../statistics/histograms.ts';
import { subtractCounters } from '../../worlds/service-counters.ts';
import { countersBetween } from '../../worlds/world.ts';
import type { World } from '../../worlds/world.ts';
import { askedOf, cacheReadsIn, hitsOf } from '../../worlds/cache-counts.ts';
import { splitService } from '../../worlds/cpu-by-kind.ts';
import type { WarmUpCurve } from '../records.ts';
import { readCounters } from './readings.ts';
import type { CountersReading } from './readings.ts';

/**
 * The warm-up ends at this many times the requests that are wanted: a world whose CPU is not level by then
 * will not be.
 */
export const warmUpFactorMax = 3;
/** CPU per request is level when a step takes no less than this share of the step before. */
const levelShare = 0.95;
const stepMs = 3_000;

type Step = WarmUpCurve['seconds'][number];

/** What the worlds' warm-up is driven by. */
export type WarmUpDriver = {
  readonly worlds: readonly World[];
  readonly settings: RunSettings;
  /** Requests to each world, at least. */
  readonly requestsMin: number;
  /** Warm for at least so long. */
  readonly secondsMin: number;
  /** A machine that is busy with others must leave time for the rounds; null: no bound but the requests. */
  readonly secondsMax: number | null;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Ends it as it stands. */
  readonly signal: AbortSignal;
  readonly drive: (onRow: (row: SampleRow) => void, enough: AbortSignal) => Promise<K6End>;
  readonly onStep: (sent: number) => void;
};

export type WarmedUp = {
  readonly curves: readonly (readonly Step[])[];
  /** Requests that every world was sent. */
  readonly requests: number;
  /** On the clock of the driver. */
  readonly startMs: number;
  readonly seconds: number;
  readonly failure: string | null;
};

/**
 * Warms all worlds together, by requests and as fast as they are answered: until each replica had enough for its code to be hot
 * and CPU per request is level. How it went is kept: the cold start is a result of its own.
 */
export async function warmUpTogether(driver: WarmUpDriver): Promise<WarmedUp> {
  const { worlds, settings } = driver;
  const enough = new AbortController();
  const steps: Step[][] = worlds.map(() => []);
  const sent = createSentCounts(settings);
  const startedAtMs = driver.now();
  let before = await readAll(worlds);
  let isOver = false;
  const ended = driver.drive(sent.add, enough.signal).finally(() => {
    isOver = true;
  });
  while (!isOver && !driver.signal.aborted) {
    await Promise.race([driver.wait(stepMs), ended]);
    const after = await readAll(worlds);
    const histograms = sent.takeStep();
    for (const [world, own] of steps.entries()) own.push(stepOf(before, after, histograms[world], world));
    before = after;
    driver.onStep(sent.total());
    const seconds = (driver.now() - startedAtMs) / 1000;
    const isLongEnough = seconds >= driver.secondsMin;
    if (isLongEnough && sent.total() >= driver.requestsMin && steps.every(isLevel)) enough.abort();
    if (driver.secondsMax !== null && seconds >= driver.secondsMax) enough.abort();
    if (enough.signal.aborted) break;
  }
  enough.abort();
  const { failure } = await ended;
  const seconds = (driver.now() - startedAtMs) / 1000;
  return { curves: steps, requests: sent.total(), startMs: startedAtMs, seconds, failure };
}

type Reading = { readonly counters: CountersReading; readonly cpuUs: readonly (number | null)[] };

async function readAll(worlds: readonly World[]): Promise<Reading> {
  return {
    counters: await readCounters(worlds),
    cpuUs: worlds.map((world) => splitService(world.cpuUsByKind()).service),
  };
}

/** Requests by world: since the last step, and the least that any world had. */
function createSentCounts(settings: RunSettings) {
  const schedule = createSchedule(settings);
  const counts = settings.worlds.map(() => 0);
  let step: Histogram[] = settings.worlds.map(createHistogram);
  return {
    add({ metric, value, index }: SampleRow): void {
      const place = metric !== 'http_req_duration' || index === null ? null : schedule.placeOf(index);
      if (place === null) return;
      counts[place.world] = (counts[place.world] as number) + 1;
      recordUs(step[place.world] as Histogram, value * 1000);
    },
    takeStep(): readonly Histogram[] {
      const taken = step;
      step = settings.worlds.map(createHistogram);
      return taken;
    },
    total: () => Math.min(...counts),
  };
}

function stepOf(before: Reading, after: Reading, histogram: Histogram | undefined, world: number): Step {
  const counters = countersBetween(
    before.counters[world] ?? [],
    after.counters[world] ?? [],
    subtractCounters,
  );
  const [early, late] = [before.cpuUs[world] ?? null, after.cpuUs[world] ?? null];
  const requests = histogram?.totalCount ?? 0;
  const p50 = quantileMs(histogram ?? null, 0.5);
  const cache = counters === null ? null : cacheReadsIn(counters.counts);
  return {
    requests,
    p50Us: p50 === null ? null : p50 * 1000,
    hitRatio: cache === null || askedOf(cache) === 0 ? null : hitsOf(cache) / askedOf(cache),
    cpuUsPerRequest: early === null || late === null || requests === 0 ? null : (late - early) / requests,
  };
}

/** Whether the last step took no less CPU per request than the one before; true where nobody tells. */
function isLevel(steps: readonly Step[]): boolean {
  const [before, last] = steps.slice(-2).map(({ cpuUsPerRequest }) => cpuUsPerRequest);
  if (before === undefined || last === undefined) return false;
  return before === null || last === null || last >= before * levelShare;
}
