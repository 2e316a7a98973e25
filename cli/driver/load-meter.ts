import { plannedStartMs } from '../../loadtests/workloads/arrivals.ts';
import { requestCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import type { SampleRow } from '../k6/sample-rows.ts';

/** A request that has ended, as the client saw it. */
export type EndedRequest = { readonly responseSeconds: number; readonly isExpected: boolean };

export type LoadMeter = {
  /** Takes what follows for samples of this run. */
  begin(settings: RunSettings): void;
  add(row: SampleRow): void;
  /** Requests whose intended start has come, in all runs. */
  offered(): number;
};

export type LoadMeterOptions = {
  /** Milliseconds since 1970, on the clock that k6 stamps its samples with. */
  readonly wallNow: () => number;
  readonly onEnded: (request: EndedRequest) => void;
  readonly onDropped: (count: number) => void;
};

/** A request of which one of its two samples is there. */
type Half = {
  readonly endUs?: number;
  readonly durationUs?: number;
  readonly blockedUs?: number;
  readonly isExpected?: boolean;
};

/** One run: what it has offered depends on when it began, which its samples tell better and better. */
type Run = {
  readonly settings: RunSettings;
  readonly halves: Map<number, Half>;
  originUs: number;
  offered: number;
};

/**
 * Measures load while it runs. Response time counts from the intended start, as in the results of a run; the origin of the
 * schedule is the earliest that the samples so far allow, so the first seconds may show some tens of microseconds too little.
 */
export function createLoadMeter({ wallNow, onEnded, onDropped }: LoadMeterOptions): LoadMeter {
  let offeredBefore = 0;
  let run: Run | null = null;

  const advance = ({ settings, originUs, offered }: Run): number => {
    const { arrivals, seed, pass, ratePerSecond } = settings;
    const nowMs = wallNow() - originUs / 1000;
    const planned = requestCount(settings);
    let count = offered;
    while (count < planned && plannedStartMs(arrivals, seed, pass, count, ratePerSecond) <= nowMs) count += 1;
    return count;
  };
  const end = (current: Run, index: number, half: Required<Half>): void => {
    current.halves.delete(index);
    const { arrivals, seed, pass, ratePerSecond } = current.settings;
    const plannedUs = plannedStartMs(arrivals, seed, pass, index, ratePerSecond) * 1000;
    const startUs = half.endUs - half.durationUs - half.blockedUs;
    current.originUs = Math.min(current.originUs, startUs - plannedUs);
    const responseUs = half.endUs - (current.originUs + plannedUs);
    onEnded({ responseSeconds: responseUs / 1e6, isExpected: half.isExpected });
  };
  return {
    begin(settings) {
      // What the last run had not yet offered when it was stopped it will not offer any more.
      if (run !== null) offeredBefore += advance(run);
      run = { settings, halves: new Map(), originUs: Infinity, offered: 0 };
    },
    add({ metric, timestampUs, value, index, isExpected }) {
      if (metric === 'dropped_iterations') onDropped(value);
      if (run === null || index === null) return;
      if (metric !== 'http_req_duration' && metric !== 'http_req_blocked') return;
      const news: Half =
        metric === 'http_req_blocked'
          ? { blockedUs: value * 1000 }
          : { endUs: timestampUs, durationUs: value * 1000, isExpected };
      const half = { ...run.halves.get(index), ...news };
      if (half.blockedUs !== undefined && half.endUs !== undefined) end(run, index, half as Required<Half>);
      else run.halves.set(index, half);
    },
    offered() {
      if (run === null) return offeredBefore;
      run.offered = advance(run);
      return offeredBefore + run.offered;
    },
  };
}
