import { displacementWidthMs } from './arrivals.ts';
import { randomAt, streams } from './counter-random.ts';
import { arrivalRate } from './run-settings.ts';
import type { RunSettings, ScheduledPass } from './run-settings.ts';
import { createRequestOfPlace, placesOf } from './spread.ts';
import type { PlannedRequest, Workload } from './workload.ts';

/** Which request an arrival is, and whom it goes to. */
export type Place = {
  /** Index in the settings' passes. */
  readonly scheduled: number;
  readonly pass: number;
  /** Its number in the pass: the same for all worlds. */
  readonly request: number;
  /** Its number among all planned requests of the run. */
  readonly planned: number;
  readonly world: number;
};

/** Where each arrival belongs: a pure function of the settings, the same in k6 and in Node. */
export type Schedule = {
  /** Null: a pause, a place that is empty, or beyond the last pass. */
  placeOf(arrival: number): Place | null;
  /** First arrival of a scheduled pass, and the first one after its places. */
  arrivalsOf(scheduled: number): { readonly from: number; readonly to: number };
  /** How long after its place in the even lattice a request is sent. */
  displacementMs(place: Place): number;
  /** The arrival's place in the even lattice, in milliseconds after the first one. */
  latticeMs(arrival: number): number;
  targetOf(place: Place): string;
  /** Where a request goes that is sent once more: the next replica of its world. */
  retryTargetOf(place: Place): string;
  /** The replica that is asked where the edge of its world does not answer; null: it has no edge. */
  pastEdgeOf(place: Place): string | null;
};

/**
 * Request i goes to every world: its arrivals stand one after another in the lattice, in an order that the seed shuffles for
 * each request, and each is displaced by a time of its own. So all worlds meet the same moments, and none is always first.
 */
export function createSchedule(settings: RunSettings): Schedule {
  const { seed, worlds, replicasPastEdges = [], passes, arrivals, ratePerSecond } = settings;
  const widthMs = arrivals === 'even' ? 0 : displacementWidthMs(ratePerSecond);
  const periodMs = 1000 / arrivalRate(settings);
  const starts: { readonly group: number; readonly planned: number }[] = [];
  let [group, planned] = [0, 0];
  for (const pass of passes) {
    starts.push({ group, planned });
    group += placesOf(pass) + pass.pauseRequests;
    planned += pass.requests;
  }
  const requestsOfPlaces = passes.map(createRequestOfPlace);
  /**
   * The last scheduled pass that begins at or before a group: the arrivals of one request, one for each
   * world.
   */
  const scheduledAt = (wanted: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle]?.group ?? Infinity) <= wanted) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    placeOf(arrival) {
      const at = Math.floor(arrival / worlds.length);
      const scheduled = scheduledAt(at);
      const [start, own] = [starts[scheduled], passes[scheduled]];
      if (start === undefined || own === undefined) return null;
      const within = requestsOfPlaces[scheduled]?.(at - start.group) ?? null;
      if (within === null) return null;
      const request = own.first + within;
      const world = worldAt(seed, own.pass, request, worlds.length, arrival % worlds.length);
      return { scheduled, pass: own.pass, request, planned: start.planned + within, world };
    },
    arrivalsOf(scheduled) {
      const from = (starts[scheduled]?.group ?? 0) * worlds.length;
      const own = passes[scheduled];
      return { from, to: from + (own === undefined ? 0 : placesOf(own)) * worlds.length };
    },
    displacementMs: ({ pass, request, world }) =>
      widthMs * randomAt(seed, pass, streams.displacement, request, world),
    latticeMs: (arrival) => arrival * periodMs,
    targetOf: ({ world, request }) => replicaOf(worlds, world, request),
    retryTargetOf: ({ world, request }) => replicaOf(worlds, world, request + 1),
    pastEdgeOf: ({ world, request }) =>
      (replicasPastEdges[world] ?? []).length === 0 ? null : replicaOf(replicasPastEdges, world, request),
  };
}

function replicaOf(worlds: RunSettings['worlds'], world: number, turn: number): string {
  const replicas = worlds[world] as readonly string[];
  return replicas[turn % replicas.length] as string;
}

/** The world at one place of a request's order (Fisher-Yates, seeded by the request; places are filled from the last one on). */
function worldAt(seed: number, pass: number, request: number, count: number, wanted: number): number {
  if (count === 1) return 0;
  const order: number[] = [];
  for (let world = 0; world < count; world += 1) order.push(world);
  // What comes later changes only the places before this one.
  for (let last = count - 1; last > 0 && last >= wanted; last -= 1) {
    const chosen = Math.floor(randomAt(seed, pass, streams.worlds, request, last) * (last + 1));
    const held = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = held;
  }
  return order[wanted] as number;
}

/** The requests of scheduled passes, one after another. */
export function planRequests(workload: Workload, passes: readonly ScheduledPass[]): PlannedRequest[] {
  return passes.flatMap(({ pass, first, requests }) =>
    Array.from({ length: requests }, (_, index) => workload.requestAt(pass, first + index)),
  );
}
