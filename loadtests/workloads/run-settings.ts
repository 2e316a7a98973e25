import type { Arrivals } from './arrivals.ts';
import type { WorkloadSettings } from './workload.ts';

/** One run of a driver: what it asks, whom, how fast and for how long. */
export type RunSettings = WorkloadSettings & {
  /** Addresses of the replicas; requests alternate over them. Loopback only. */
  readonly targets: readonly string[];
  readonly pass: number;
  readonly ratePerSecond: number;
  readonly arrivals: Arrivals;
  /** Not measured. */
  readonly settleSeconds: number;
  readonly measureSeconds: number;
  /** Absolute path of the planned requests as JSON. A driver without one plans them itself; the result is the same. */
  readonly planFile?: string;
};

/** Requests of the settle part; the first measured one has this index. */
export function firstMeasuredIndex(settings: RunSettings): number {
  return Math.round(settings.ratePerSecond * settings.settleSeconds);
}

export function requestCount(settings: RunSettings): number {
  return firstMeasuredIndex(settings) + Math.round(settings.ratePerSecond * settings.measureSeconds);
}

const loopback = /^http:\/\/(127(?:\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/;

/** Throws a RangeError for a target that is not on this machine: load goes to loopback only. */
export function requireLoopback(targets: readonly string[]): void {
  for (const target of targets) {
    if (!loopback.test(target)) throw new RangeError(`load goes to this machine only, not to ${target}`);
  }
}

/** Virtual users: enough for a second of stall, beside those that wait out their displacement. */
export function virtualUsers(settings: RunSettings, displacementWidthMs: number): number {
  return Math.ceil(settings.ratePerSecond * (1.2 + displacementWidthMs / 1000)) + 5;
}
