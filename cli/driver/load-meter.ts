import { arrivalCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import type { Schedule } from '../../loadtests/workloads/schedule.ts';
import type { SampleRow } from '../k6/sample-rows.ts';

/** A request that has ended, as the client saw it. */
export type EndedRequest = {
  readonly candidate: string;
  readonly responseSeconds: number;
  readonly isExpected: boolean;
};

export type LoadMeter = {
  /**
   * Says that the samples from now on are of this run. Its worlds belong to the candidates that are named, in their order, or
   * to all.
   */
  begin(settings: RunSettings, candidates?: readonly string[]): void;
  add(row: SampleRow): void;
  /** The run was stopped: what it has not yet offered it will not offer any more. */
  end(): void;
  /** When the present run began, in milliseconds since 1970; null before its first sample. */
  beganAtMs(): number | null;
  /** Requests to a candidate whose place in the schedule has come, in all runs. */
  offered(candidate: string): number;
};

export type LoadMeterOptions = {
  readonly candidates: readonly string[];
  /** Milliseconds since 1970, on the clock that k6 stamps its samples with. */
  readonly wallNow: () => number;
  readonly onEnded: (request: EndedRequest) => void;
  /** k6 does not say to which candidate a dropped arrival would have gone, so each of them is told an equal share of it. */
  readonly onDropped: (candidate: string, count: number) => void;
};

/**
 * One run. k6 does not say when it began: each sample shows a time by which it must have begun, and the earliest of these is
 * taken (`originMs`).
 */
type Run = {
  readonly settings: RunSettings;
  readonly schedule: Schedule;
  readonly candidates: readonly string[];
  originMs: number;
  offered: number;
};

/** Measures load while it runs. Response time counts from sending to the last byte, as in the results of a run. */
export function createLoadMeter(options: LoadMeterOptions): LoadMeter {
  const { wallNow, onEnded, onDropped } = options;
  const offered = new Map<string, number>();
  let run: Run | null = null;

  /** Counts the arrivals whose place in the lattice has come. */
  const advance = (current: Run): void => {
    const nowMs = wallNow() - current.originMs;
    const all = arrivalCount(current.settings);
    while (current.offered < all && current.schedule.latticeMs(current.offered) <= nowMs) {
      const place = current.schedule.placeOf(current.offered);
      current.offered += 1;
      const candidate = place === null ? undefined : current.candidates[place.world];
      if (candidate !== undefined) offered.set(candidate, (offered.get(candidate) ?? 0) + 1);
    }
  };
  const end = (current: Run, index: number, row: SampleRow): void => {
    const place = current.schedule.placeOf(index);
    const candidate = place === null ? undefined : current.candidates[place.world];
    if (place === null || candidate === undefined) return;
    const plannedMs = current.schedule.latticeMs(index) + current.schedule.displacementMs(place);
    current.originMs = Math.min(current.originMs, row.timestampUs / 1000 - row.value - plannedMs);
    // In a closed loop a request is offered when its turn comes.
    if (current.settings.closedLoopUsers !== undefined)
      offered.set(candidate, (offered.get(candidate) ?? 0) + 1);
    onEnded({ candidate, responseSeconds: row.value / 1000, isExpected: row.isExpected });
  };
  const endRun = (): void => {
    if (run !== null && run.settings.closedLoopUsers === undefined) advance(run);
    run = null;
  };
  return {
    end: endRun,
    begin(settings, candidates = options.candidates) {
      endRun();
      run = { settings, schedule: createSchedule(settings), candidates, originMs: Infinity, offered: 0 };
    },
    add(row) {
      if (run === null) return;
      if (row.metric === 'dropped_iterations')
        for (const candidate of run.candidates) onDropped(candidate, row.value / run.candidates.length);
      if (row.metric === 'http_req_duration' && row.index !== null) end(run, row.index, row);
    },
    beganAtMs: () => (run === null || run.originMs === Infinity ? null : run.originMs),
    offered(candidate) {
      if (run !== null && run.settings.closedLoopUsers === undefined) advance(run);
      return offered.get(candidate) ?? 0;
    },
  };
}
