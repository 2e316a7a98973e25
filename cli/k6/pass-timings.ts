import type { Histogram } from 'hdr-histogram-js';
import { displacementWidthMs } from '../../loadtests/workloads/arrivals.ts';
import { arrivalRate } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings, ScheduledPass } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import type { Place } from '../../loadtests/workloads/schedule.ts';
import { createHistogram, quantileMs, recordUs } from '../statistics/histograms.ts';
import { pairRequests } from './pair-requests.ts';
import type { PairedRequests, Pairing } from './pair-requests.ts';
import { peakOverlap } from './peak-overlap.ts';
import { createPlannedTimes } from './planned-times.ts';
import type { SampleRow } from './sample-rows.ts';
import { createSentRequests, isAnswered, sentAtUs } from './sent-requests.ts';
import type { SentRequest, SentRequests } from './sent-requests.ts';
import { createWorldFigures } from './world-figures.ts';
import type { WorldFigures } from './world-figures.ts';

/** What one world met in a pass. */
export type WorldTimings = WorldFigures & { readonly paired: PairedRequests | null };

/** What the samples of a scheduled pass say. */
export type PassTimings = {
  readonly worlds: readonly WorldTimings[];
  /** Arrivals of all worlds: planned, sent, and thrown away by k6 for want of a virtual user. */
  readonly offered: number;
  readonly started: number;
  readonly dropped: number;
  /** How much later than planned requests were sent, milliseconds: the driver's figure, in no response time. */
  readonly latenessMs: {
    readonly p50: number | null;
    readonly p90: number | null;
    readonly p99: number | null;
  };
  /** Requests that had to open a connection, and the time that they spent on it in all. */
  readonly openedConnections: number;
  readonly openingConnectionsMs: number;
  readonly peakBusyVus: number | null;
};

/** One request as it was sent, for whoever wants to compute everything anew. Microseconds since the epoch. */
export type RawRequest = {
  readonly request: number;
  readonly world: number;
  readonly plannedUs: number;
  readonly startUs: number;
  readonly responseUs: number;
  readonly status: number;
  readonly isPaired: boolean;
};

/**
 * The share of requests that may fail. What is measured where more do counts for nothing: such a world is left out of the pairing, and
 * the others are paired without it.
 */
export const failedShareMax = 0.01;
/** Worlds meet a request within the width of the displacement; a busy machine may add this. */
const spreadReserveUs = 50_000;

/** Collects the samples of one run and tells what each of its passes met. */
export type Timings = {
  add(row: SampleRow): void;
  /** When the last request of a scheduled pass is sent, milliseconds since the epoch; null before the first sample. */
  endOfPassMs(scheduled: number): number | null;
  /** When the first request of a scheduled pass may be sent, as far as samples tell; null before the first one. */
  beginOfPassMs(scheduled: number): number | null;
  droppedInRun(): number;
  /** Requests of a scheduled pass whose answer has not been heard of. */
  missing(scheduled: number): number;
  /** Call it once, when a pass has ended: what comes of it later is not heard, and its memory is free. */
  finish(scheduled: number, onRequest?: (request: RawRequest) => void): PassTimings;
};

/** An arrival of a pass with what became of it. */
type Arrival = Place & { readonly latticeUs: number; readonly plannedUs: number; readonly sent: SentRequest };

export function createTimings(settings: RunSettings): Timings {
  const schedule = createSchedule(settings);
  const widthUs = settings.arrivals === 'even' ? 0 : displacementWidthMs(settings.ratePerSecond) * 1000;
  const passes = createPasses(settings);
  const planned = createPlannedTimes(schedule, 1e6 / arrivalRate(settings));

  /** Requests of a pass, to all worlds. */
  const wantedOf = (scheduled: number): number =>
    (settings.passes[scheduled]?.requests ?? 0) * settings.worlds.length;

  /** All answered arrivals of a pass, in the order of the schedule. */
  const arrivalsOf = (scheduled: number, pass: SentRequests): Arrival[] => {
    const { from, to } = schedule.arrivalsOf(scheduled);
    const places = Array.from({ length: to - from }, (_, index) => ({
      arrival: from + index,
      place: schedule.placeOf(from + index),
    })).flatMap(({ arrival, place }) => {
      const sent = place === null ? null : pass.at(place.request, place.world);
      return place === null || sent === null || !isAnswered(sent) ? [] : { arrival, place, sent };
    });
    const times = planned.of(places);
    return places.map(({ place, sent }, index) => ({
      ...place,
      ...(times[index] as { latticeUs: number; plannedUs: number }),
      sent,
    }));
  };
  return {
    add(row) {
      if (row.metric === 'dropped_iterations') planned.drop(row.timestampUs, row.value);
      const place = row.index === null ? null : schedule.placeOf(row.index);
      if (row.index === null || place === null) return;
      passes.open(place.scheduled)?.add(place, row);
      if (row.metric === 'http_req_duration')
        planned.learn(place.scheduled, row.index, place, row.timestampUs - row.value * 1000);
    },
    endOfPassMs: (scheduled) =>
      msAfter(planned.latticeUs(scheduled, schedule.arrivalsOf(scheduled).to), widthUs),
    beginOfPassMs: (scheduled) =>
      msAfter(planned.latticeUs(scheduled, schedule.arrivalsOf(scheduled).from), 0),
    droppedInRun: planned.dropped,
    missing: (scheduled) => wantedOf(scheduled) - passes.answered(scheduled),
    finish(scheduled, onRequest) {
      const { pass, sent } = passes.close(scheduled);
      const arrivals = arrivalsOf(scheduled, sent);
      const figures = worldFigures(settings, pass, arrivals);
      const pairing = pairRequests(
        sent,
        pass,
        figures.map(({ requests, errors }) => ({ isLeftOut: errors > failedShareMax * requests })),
        widthUs + spreadReserveUs,
      );
      if (onRequest !== undefined) for (const arrival of arrivals) onRequest(rawOf(arrival, pairing));
      const { from, to } = schedule.arrivalsOf(scheduled);
      const lost = planned.droppedSince(scheduled, (arrivals.at(-1)?.latticeUs ?? -Infinity) + widthUs);
      // Most places of a pass that is spread are empty, and a drop at an empty place is no request: drops
      // count by the share of places that have one.
      const dropped = to === from ? lost : Math.round((lost * wantedOf(scheduled)) / (to - from));
      return {
        worlds: figures.map((world, index) => ({ ...world, paired: pairing.worlds[index] ?? null })),
        // Where the schedule has spare arrivals, one of them is sent later in place of each that was dropped.
        offered: wantedOf(scheduled) + (settings.spareArrivals === undefined ? 0 : dropped),
        started: arrivals.length,
        dropped,
        ...driverFigures(arrivals),
      };
    },
  };
}

/**
 * A time that is so many microseconds later than another one, in milliseconds; null where that is not known.
 */
const msAfter = (us: number | null, laterUs: number): number | null =>
  us === null ? null : (us + laterUs) / 1000;

/** The requests of the passes that are under way. Passes that have not begun, or are done with, take no memory. */
function createPasses(settings: RunSettings) {
  const sent: (SentRequests | null | undefined)[] = [];
  const answeredOfClosed: number[] = [];
  const settingsOf = (scheduled: number): ScheduledPass => {
    const pass = settings.passes[scheduled];
    if (pass === undefined) throw new RangeError(`no pass ${scheduled} was scheduled`);
    return pass;
  };
  /** Null: it is closed. */
  const open = (scheduled: number): SentRequests | null => {
    const known = sent[scheduled];
    if (known !== undefined) return known;
    const opened = createSentRequests(settingsOf(scheduled), settings.worlds.length);
    sent[scheduled] = opened;
    return opened;
  };
  return {
    open,
    answered: (scheduled: number): number => open(scheduled)?.answered() ?? answeredOfClosed[scheduled] ?? 0,
    close(scheduled: number): { readonly pass: ScheduledPass; readonly sent: SentRequests } {
      const all = open(scheduled);
      if (all === null) throw new RangeError(`pass ${scheduled} is closed`);
      sent[scheduled] = null;
      answeredOfClosed[scheduled] = all.answered();
      return { pass: settingsOf(scheduled), sent: all };
    },
  };
}

function worldFigures(
  { worlds, ratePerSecond }: RunSettings,
  pass: ScheduledPass,
  arrivals: readonly Arrival[],
): WorldFigures[] {
  const met = worlds.map(() => createWorldFigures());
  for (const { sent, plannedUs, request, world } of arrivals)
    met[world]?.add(sent, plannedUs, Math.floor((request - pass.first) / ratePerSecond));
  const seconds = Math.ceil(pass.requests / ratePerSecond);
  return met.map((world) => world.finish(seconds));
}

function rawOf({ request, world, plannedUs, sent }: Arrival, pairing: Pairing): RawRequest {
  return {
    request,
    world,
    plannedUs,
    startUs: sentAtUs(sent),
    responseUs: sent.durationUs,
    status: sent.status,
    isPaired: pairing.isPaired(request) && pairing.worlds[world] !== null,
  };
}

/** How well k6 kept to the schedule. None of this is part of a response time. */
function driverFigures(arrivals: readonly Arrival[]) {
  const lateness: Histogram = createHistogram();
  for (const { sent, plannedUs } of arrivals) {
    // The time to open a connection is not lateness: it is counted by itself, below.
    recordUs(lateness, sentAtUs(sent) - sent.openingUs - plannedUs);
  }
  const opened = arrivals.filter(({ sent }) => sent.openingUs > 0);
  return {
    latenessMs: {
      p50: quantileMs(lateness, 0.5),
      p90: quantileMs(lateness, 0.9),
      p99: quantileMs(lateness, 0.99),
    },
    openedConnections: opened.length,
    openingConnectionsMs: opened.reduce((sum, { sent }) => sum + sent.openingUs, 0) / 1000,
    // A virtual user is busy from its place in the lattice on: it sleeps until the displaced start.
    peakBusyVus: peakOverlap(arrivals.map(({ latticeUs, sent }) => [latticeUs, sent.endUs])),
  };
}
