import type { SampleRow } from '../../cli/k6/sample-rows.ts';
import { arrivalCount, arrivalRate } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import type { Place } from '../../loadtests/workloads/schedule.ts';

/** What became of a request; microseconds. */
export type Met = {
  /** Later than planned, its connection open. */
  readonly lateUs?: number;
  readonly openingUs?: number;
  readonly tookUs?: number;
  readonly status?: number;
  readonly isExpected?: boolean;
  readonly isLost?: boolean;
  readonly operation?: string;
};

export type FakeRun = {
  readonly settings: RunSettings;
  /** When the schedule begins, microseconds since the epoch. */
  readonly originUs: number;
  /** Absent: everything is on time and takes a millisecond. */
  readonly met?: (place: Place, plannedUs: number) => Met;
  /** Whether no virtual user was free at this place of the lattice: then the arrival takes the next one. */
  readonly isDropped?: (latticePlace: number) => boolean;
};

/** Timers are late: k6 finds out this long after the place of an arrival that it has nobody for it. */
const dropLateUs = 700;

/** The samples that k6 gives of such a run, in the order in which they come. */
export function samplesOf({
  settings,
  originUs,
  met = () => ({}),
  isDropped = () => false,
}: FakeRun): SampleRow[] {
  const schedule = createSchedule(settings);
  const periodUs = 1e6 / arrivalRate(settings);
  const rows: SampleRow[] = [];
  const arrivals = arrivalCount(settings);
  let arrival = 0;
  for (let latticePlace = 0; latticePlace < arrivals; latticePlace += 1) {
    const placeUs = originUs + latticePlace * periodUs;
    if (isDropped(latticePlace)) {
      rows.push(sample('dropped_iterations', placeUs + dropLateUs, 1));
      continue;
    }
    const place = schedule.placeOf(arrival);
    if (place !== null) {
      const plannedUs = placeUs + schedule.displacementMs(place) * 1000;
      rows.push(...samplesOfRequest(arrival, plannedUs, met(place, plannedUs)));
    }
    arrival += 1;
  }
  return rows.sort((a, b) => a.timestampUs - b.timestampUs);
}

function samplesOfRequest(index: number, plannedUs: number, met: Met): SampleRow[] {
  const {
    lateUs = 0,
    openingUs = 0,
    tookUs = 1_000,
    status = 200,
    isExpected = true,
    isLost = false,
    operation = 'photoPage',
  } = met;
  if (isLost) return [];
  const endUs = plannedUs + lateUs + tookUs;
  const of = { index, operation, status, isExpected };
  // In k6's order.
  return [
    sample('http_reqs', endUs, 1, of),
    sample('http_req_duration', endUs, tookUs / 1000, of),
    sample('http_req_blocked', endUs, openingUs / 1000, of),
    sample('http_req_connecting', endUs, openingUs / 1000, of),
  ];
}

function sample(
  metric: string,
  atUs: number,
  value: number,
  of: Pick<SampleRow, 'index' | 'operation' | 'status' | 'isExpected'> = {
    index: null,
    operation: null,
    status: 0,
    isExpected: false,
  },
): SampleRow {
  return { metric, timestampUs: Math.round(atUs), value, errorCode: 0, attempt: 1, ...of };
}
