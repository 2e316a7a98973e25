import { requestCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import type { PlannedRequest, Workload } from '../../loadtests/workloads/workload.ts';

/** Plans the requests of a pass once; every world of the pass gets the same ones. */
export function createPlanner(workload: Workload): (settings: RunSettings) => readonly PlannedRequest[] {
  let last: { readonly key: string; readonly requests: readonly PlannedRequest[] } | null = null;
  return (settings) => {
    const count = requestCount(settings);
    const key = `${settings.pass}/${count}`;
    if (last?.key !== key) {
      const requests = Array.from({ length: count }, (_, index) => workload.requestAt(settings.pass, index));
      last = { key, requests };
    }
    return last.requests;
  };
}
