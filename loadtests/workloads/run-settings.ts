import type { Arrivals } from './arrivals.ts';
import { placesOf } from './spread.ts';
import type { Spread } from './spread.ts';
import type { WorkloadSettings } from './workload.ts';

/** Requests of a pass that are sent in one go, from request `first` on; then a pause without arrivals. */
export type ScheduledPass = {
  readonly pass: number;
  readonly first: number;
  readonly requests: number;
  /** Places of the schedule that stay empty afterwards. */
  readonly pauseRequests: number;
  /** Its requests do not come one after another, but with empty places between them. Absent: each place has one. */
  readonly spread?: Spread;
};

/** One run of a driver: what it asks, whom, how fast and for how long. */
export type RunSettings = WorkloadSettings & {
  /** Addresses of the replicas of each world; every request goes to every world, and in each to the same replica. Loopback only. */
  readonly worlds: readonly (readonly string[])[];
  /**
   * For each world the replicas that are asked where its edge is dead; empty for a world without an edge.
   * Absent: no world has one.
   */
  readonly replicasPastEdges?: readonly (readonly string[])[];
  /** The passes, in the order in which they are sent. */
  readonly passes: readonly ScheduledPass[];
  /** Requests per second and world; of passes that are spread, places of the schedule. */
  readonly ratePerSecond: number;
  readonly arrivals: Arrivals;
  /** Of passes that are spread: requests per second and world where there are the most. Absent: each place has one. */
  readonly peakRatePerSecond?: number;
  /** Arrivals beyond the schedule: what was dropped takes no place in it. The driver is stopped when it has what it needs. */
  readonly spareArrivals?: number;
  /** When the first arrival is due, in milliseconds since 1970: a driver that is ready earlier waits. Absent: as soon as it is ready. */
  readonly startAtMs?: number;
  /** That many virtual users send one request after the other's answer (closed loop); absent: open loop. */
  readonly closedLoopUsers?: number;
  /** Absolute path of the planned requests as JSON. A driver without one draws them itself; the result is the same. */
  readonly planFile?: string;
  /** Absolute path of the tables to draw them from, as JSON. A driver without one makes them itself; the result is the same. */
  readonly tablesFile?: string;
  /** Absolute path of the folder of sample photos. Absent: it lies beside the folder of the script. */
  readonly samplesFolder?: string;
};

/** Whom a driver asks. */
export type LoadTargets = Pick<RunSettings, 'worlds' | 'replicasPastEdges'>;

/** A run against one world: requests of one pass, the first of them unmeasured. */
export function singlePass(
  pass: number,
  ratePerSecond: number,
  { settleSeconds, measureSeconds }: { readonly settleSeconds: number; readonly measureSeconds: number },
): readonly [settle: ScheduledPass, measured: ScheduledPass] {
  const settle = Math.round(ratePerSecond * settleSeconds);
  const measured = Math.round(ratePerSecond * measureSeconds);
  return [
    { pass, first: 0, requests: settle, pauseRequests: 0 },
    { pass, first: settle, requests: measured, pauseRequests: 0 },
  ];
}

/** Requests that a run plans; each is sent to every world. */
export function requestCount({ passes }: Pick<RunSettings, 'passes'>): number {
  return passes.reduce((sum, { requests }) => sum + requests, 0);
}

/** All arrivals of the driver's schedule: requests to every world, and places that stay empty. */
export function arrivalCount({ passes, worlds, spareArrivals }: RunSettings): number {
  const places = passes.reduce((sum, pass) => sum + placesOf(pass) + pass.pauseRequests, 0);
  return places * worlds.length + (spareArrivals ?? 0);
}

/** Arrivals per second of all worlds. */
export function arrivalRate({
  ratePerSecond,
  worlds,
}: Pick<RunSettings, 'ratePerSecond' | 'worlds'>): number {
  return ratePerSecond * worlds.length;
}

const loopback = /^http:\/\/(127(?:\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/;

/** Throws a RangeError for a target that is not on this machine: load goes to loopback only. */
export function requireLoopback(worlds: readonly (readonly string[])[]): void {
  for (const target of worlds.flat()) {
    if (!loopback.test(target)) throw new RangeError(`load goes to this machine only, not to ${target}`);
  }
}

/** The longest stall of the machine that drops no arrival. */
const stallSeconds = 2;

/** Virtual users: enough for two seconds of stall, beside those that wait out their displacement. */
export function virtualUsers(
  settings: Pick<RunSettings, 'ratePerSecond' | 'peakRatePerSecond' | 'worlds' | 'closedLoopUsers'>,
  displacementWidthMs: number,
): number {
  if (settings.closedLoopUsers !== undefined) return settings.closedLoopUsers;
  const rate = arrivalRate({
    ...settings,
    ratePerSecond: settings.peakRatePerSecond ?? settings.ratePerSecond,
  });
  return Math.ceil(rate * (stallSeconds + displacementWidthMs / 1000)) + 5;
}
