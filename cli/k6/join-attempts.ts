import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createSchedule } from '../../loadtests/workloads/schedule.ts';
import { isAskedPastEdge } from '../../loadtests/workloads/second-attempt.ts';
import type { SampleRow } from './sample-rows.ts';

/**
 * Makes one sample of a request that was sent twice, to an edge that did not answer and then to a replica: what became of the second
 * attempt, and the time from the first sending to its last byte, which a viewer has waited. What opening the second connection took is in it;
 * opening the first is told by itself, as of every request. A first attempt is held until its second one has ended, so that no more are
 * held than there are virtual users.
 */
export function createAttemptJoiner(settings: RunSettings, onRow: (row: SampleRow) => void) {
  const { pastEdgeOf, placeOf } = createSchedule(settings);
  const held = new Map<number, SampleRow>();
  const isFirstOfTwo = ({ index, operation, errorCode }: SampleRow): boolean => {
    if (index === null || !isAskedPastEdge(operation, errorCode)) return false;
    const place = placeOf(index);
    return place !== null && pastEdgeOf(place) !== null;
  };
  const join = (second: SampleRow): SampleRow => {
    const first = second.index === null ? undefined : held.get(second.index);
    if (first === undefined) return second;
    held.delete(first.index as number);
    return { ...second, value: (second.timestampUs - first.timestampUs) / 1000 + first.value };
  };
  return {
    add(row: SampleRow): void {
      if (row.index !== null && row.attempt > 1) {
        if (row.metric === 'http_req_duration') onRow(join(row));
      } else if (row.index !== null && row.metric === 'http_req_duration' && isFirstOfTwo(row)) {
        held.set(row.index, row);
      } else onRow(row);
    },
    /** No more rows come: what was held was not sent again. */
    end(): void {
      for (const row of held.values()) onRow(row);
      held.clear();
    },
  };
}
