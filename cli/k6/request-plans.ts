import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { planRequests } from '../../loadtests/workloads/schedule.ts';
import type { PlannedRequest, Workload } from '../../loadtests/workloads/workload.ts';

/** Plans the requests of a run once; every world that is asked the same passes gets the same ones. */
export function createPlanner(
  workload: Workload,
): (settings: Pick<RunSettings, 'passes'>) => readonly PlannedRequest[] {
  let last: { readonly key: string; readonly requests: readonly PlannedRequest[] } | null = null;
  return ({ passes }) => {
    const key = JSON.stringify(passes);
    if (last?.key !== key) last = { key, requests: planRequests(workload, passes) };
    return last.requests;
  };
}
