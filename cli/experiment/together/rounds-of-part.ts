import { displacementWidthMs } from '../../../loadtests/workloads/arrivals.ts';
import type { RunSettings, ScheduledPass } from '../../../loadtests/workloads/run-settings.ts';
import type { ViewerRequests } from '../../../loadtests/workloads/viewer-requests.ts';
import type { K6Drive } from '../../k6/run-k6.ts';
import type { SampleRow } from '../../k6/sample-rows.ts';
import { createTimings } from '../../k6/pass-timings.ts';
import type { RawRequest, Timings } from '../../k6/pass-timings.ts';
import type { BlockRecord, IdleRate, RoundRecord } from '../records.ts';
import { blocksOf, roundRecordOf } from './blocks-of-round.ts';
import { readEdge } from './readings.ts';
import type { Edge, Sources } from './readings.ts';

/** The pause between two rounds, in which nothing is sent: the last requests end, and then the counters are read. */
export const quietMs = 500;
/** Between two rounds, by the places of the schedule in a second: the last displaced requests are sent, then it is quiet. */
export const pauseSeconds = (placesPerSecond: number): number =>
  (displacementWidthMs(placesPerSecond) + quietMs) / 1000;
/** The part of the pause in which the last requests are waited for; the rest is for reading the counters. */
const drainMs = 350;
/** k6 gives a request up after five seconds, so an answer that has not been heard of after this time will not come. */
const lateSampleMs = 7_000;
const pollMs = 20;
/** k6 starts in under a second; a busy machine takes longer. */
const firstSampleLimitMs = 60_000;

/** What was measured of a round. */
export type RoundResult = {
  readonly round: RoundRecord;
  readonly blocks: readonly BlockRecord[];
  /** On the clock of the sources. */
  readonly startMs: number;
};

export type PartSettings = {
  readonly part: number;
  /** Number of the first round of this part. */
  readonly firstRound: number;
  readonly settings: RunSettings;
  readonly idle: readonly IdleRate[];
};

export type PartDriver = {
  readonly sources: Sources;
  readonly wait: (ms: number) => Promise<void>;
  readonly drive: (onRow: (row: SampleRow) => void, enough: AbortSignal) => K6Drive;
  /** What viewers ask for in a pass; absent: they have no browsers. */
  readonly viewersOf?: (pass: ScheduledPass) => ViewerRequests;
  /** Told of every request of a round that counts. */
  readonly onRequest: ((round: number, request: RawRequest) => void) | undefined;
  /** Between the pass that settles and the first round. Absent: nothing is to be done then. */
  readonly onSettled?: () => Promise<void>;
  readonly onBegin: (round: number) => void;
  /** Whether another round is wanted; asked after each. */
  readonly onRound: (result: RoundResult) => boolean;
  readonly signal: AbortSignal;
};

/**
 * Runs the rounds of one part: one k6 from the first to the last, so that connections stay open. The first pass of the settings
 * settles and does not count. Returns why the driver failed, or null.
 */
export async function runRounds(part: PartSettings, driver: PartDriver): Promise<string | null> {
  const { settings } = part;
  const timings = createTimings(settings);
  const enough = new AbortController();
  const k6 = driver.drive(timings.add, enough.signal);
  let isOver = false;
  const ended = k6.ended.finally(() => {
    isOver = true;
  });
  // The promise is awaited below. It may be rejected before that, which must not count as unhandled.
  ended.catch(() => {});
  const isGone = () => isOver || driver.signal.aborted;
  const isLost = (scheduled: number) => driver.signal.aborted || (isOver && timings.missing(scheduled) > 0);
  let roundsLeft = settings.passes.length - 1;
  try {
    let before = await edgeAfter(0, timings, driver, k6, isGone);
    if (timings.endOfPassMs(0) === null && !isGone()) return 'k6 has sent nothing within a minute';
    timings.finish(0);
    const settledLateMs = await settle(driver, timings.beginOfPassMs(1));
    for (let scheduled = 1; scheduled < settings.passes.length && !isLost(scheduled); scheduled += 1) {
      const round = part.firstRound + scheduled - 1;
      driver.onBegin(round);
      const startMs = driver.sources.clock.now();
      const startedAt = driver.sources.wallClock().toISOString();
      const after = await edgeAfter(scheduled, timings, driver, k6, isGone);
      await lateAnswers(timings, scheduled, driver, isGone);
      if (isLost(scheduled)) break;
      const measured = {
        round,
        part: part.part,
        before,
        after,
        timings: timings.finish(scheduled, (request) => driver.onRequest?.(round, request)),
        idle: part.idle,
        worlds: driver.sources.worlds.map((world) => ({
          label: world.label,
          lostProcesses: world.lostProcesses(),
        })),
        startedAt,
        settledLateMs: scheduled === 1 ? settledLateMs : 0,
        planned: settings.passes[scheduled]?.requests ?? 0,
        ...viewersIn(driver, settings.passes[scheduled]),
      };
      const isWanted = driver.onRound({
        round: roundRecordOf(measured),
        blocks: blocksOf(measured),
        startMs,
      });
      if (!isWanted) return null;
      roundsLeft -= 1;
      before = after;
    }
  } finally {
    enough.abort();
    await ended;
  }
  const { failure } = await ended;
  if (failure !== null || roundsLeft === 0 || driver.signal.aborted) return failure;
  return `k6 ended before its last round; it had dropped ${timings.droppedInRun()} arrivals`;
}

/** Does what is to be done before the first round, and returns how far into the round that reached. */
async function settle({ onSettled, sources }: PartDriver, beginMs: number | null): Promise<number> {
  if (onSettled === undefined) return 0;
  await onSettled();
  // Nothing is sent before `beginMs`. Requests that were sent since then may have met what was being done.
  return beginMs === null ? 0 : Math.max(0, sources.wallClock().getTime() - beginMs);
}

function viewersIn({ viewersOf }: PartDriver, pass: ScheduledPass | undefined) {
  return viewersOf === undefined || pass === undefined ? {} : { viewers: viewersOf(pass) };
}

/** Waits for the end of a pass and for what is in flight, then reads everything. */
async function edgeAfter(
  scheduled: number,
  timings: Timings,
  driver: PartDriver,
  k6: K6Drive,
  isGone: () => boolean,
): Promise<Edge> {
  const { clock, wallClock } = driver.sources;
  const giveUpAtMs = clock.now() + firstSampleLimitMs;
  while (timings.endOfPassMs(scheduled) === null && clock.now() < giveUpAtMs && !isGone())
    await driver.wait(pollMs);
  for (;;) {
    // Drops put the end off, so it is asked again.
    const leftMs = (timings.endOfPassMs(scheduled) ?? 0) - wallClock().getTime();
    if (leftMs <= 0 || isGone()) break;
    await driver.wait(Math.min(leftMs, 500));
  }
  const isDrained = await allAnswered(timings, scheduled, driver, drainMs, isGone);
  return readEdge(driver.sources, k6.cpuUs, { isDrained, pause: () => driver.wait(quietMs - drainMs) });
}

/**
 * Waits for answers that may still come. A command that the machine gives no time finds all of them waiting to be read when the limit
 * has passed: as long as some come, there may be more.
 */
async function lateAnswers(
  timings: Timings,
  scheduled: number,
  driver: PartDriver,
  isGone: () => boolean,
): Promise<void> {
  if (await allAnswered(timings, scheduled, driver, lateSampleMs, isGone)) return;
  for (let missing = Infinity; timings.missing(scheduled) < missing && !isGone();) {
    missing = timings.missing(scheduled);
    await driver.wait(pollMs);
  }
}

/** Whether every request of a pass was answered within the limit. */
async function allAnswered(
  timings: Timings,
  scheduled: number,
  { sources, wait }: PartDriver,
  limitMs: number,
  isGone: () => boolean,
): Promise<boolean> {
  const giveUpAtMs = sources.clock.now() + limitMs;
  while (timings.missing(scheduled) > 0 && sources.clock.now() < giveUpAtMs && !isGone()) await wait(pollMs);
  return timings.missing(scheduled) === 0;
}
