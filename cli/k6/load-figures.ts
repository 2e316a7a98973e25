import type { Histogram } from 'hdr-histogram-js';
import { arrivalCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import { createHistogram, recordUs } from '../statistics/histograms.ts';
import { driveK6 } from './run-k6.ts';
import type { K6Options } from './run-k6.ts';
import type { SampleRow } from './sample-rows.ts';
import type { Stretch } from './world-figures.ts';

/** What a load met: nothing that grows with its length. */
export type LoadFigures = {
  /** Of the pass that is measured. */
  readonly offered: number;
  readonly requests: number;
  readonly errors: number;
  /** Requests that were sent again to a replica, since the edge had not answered them. */
  readonly pastEdge: number;
  readonly responseTimeUs: Histogram;
  /** From the first sending to the last answer; null when there was none. */
  readonly measured: Stretch | null;
  /** In the whole run. */
  readonly dropped: number;
  readonly driverFailure: string | null;
};

/** Runs k6 once and counts what the last of its passes met; those before it are not measured. */
export async function runLoad(options: K6Options): Promise<LoadFigures> {
  const tally = createLoadTally(options.settings);
  const { failure } = await driveK6({ ...options, onRow: tally.add }).ended;
  return tally.figures(failure);
}

/** Counts samples as they come and keeps none. */
export function createLoadTally(settings: RunSettings): {
  readonly add: (row: SampleRow) => void;
  readonly figures: (failure: string | null) => LoadFigures;
} {
  const schedule = createSchedule(settings);
  const measuredPass = settings.passes.length - 1;
  const responseTimeUs = createHistogram();
  let [answered, dropped, requests, errors, pastEdge] = [0, 0, 0, 0, 0];
  let [fromUs, toUs] = [Infinity, -Infinity];
  const count = ({ timestampUs, value, isExpected, attempt }: SampleRow): void => {
    requests += 1;
    if (!isExpected) errors += 1;
    if (attempt > 1) pastEdge += 1;
    recordUs(responseTimeUs, value * 1000);
    fromUs = Math.min(fromUs, timestampUs - value * 1000);
    toUs = Math.max(toUs, timestampUs);
  };
  return {
    add(row) {
      if (row.metric === 'dropped_iterations') dropped += row.value;
      if (row.metric !== 'http_req_duration' || row.index === null) return;
      const place = schedule.placeOf(row.index);
      if (place === null) return;
      answered += 1;
      if (place.scheduled === measuredPass) count(row);
    },
    figures(failure) {
      const missing = arrivalCount(settings) - answered - dropped;
      const lost =
        missing > 0 ? `${missing} of ${arrivalCount(settings)} requests are missing in k6's samples` : null;
      return {
        offered: settings.passes[measuredPass]?.requests ?? 0,
        requests,
        errors,
        pastEdge,
        responseTimeUs,
        measured: requests === 0 ? null : { fromMs: fromUs / 1000, toMs: toUs / 1000 },
        dropped,
        driverFailure: failure ?? lost,
      };
    },
  };
}
