import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import { firstRoundPass } from '../experiment/round-plan.ts';
import type { RawRequest } from '../k6/pass-timings.ts';

const columns = 'round,request,operation,candidate,plannedUs,startUs,responseUs,status,paired\n';

/**
 * Keeps every request of the rounds in `requests.csv.gz`: enough to compute each figure of latency anew. `plannedUs` and
 * `startUs` are microseconds since 1970, `responseUs` is the response time, `paired` is 1 where the request counts for the
 * same-request change.
 */
export function openRawRequests(folder: string, { candidates }: ExperimentPlan, workload: Workload) {
  const zip = createGzip();
  const file = createWriteStream(join(folder, 'requests.csv.gz'));
  const written = finished(zip.pipe(file));
  // An error in writing is thrown by `close`, which awaits `written`.
  let isBroken = false;
  written.catch(() => {
    isBroken = true;
  });
  zip.write(columns);
  return {
    add(
      round: number,
      { request, world, plannedUs, startUs, responseUs, status, isPaired }: RawRequest,
    ): void {
      // The file could not be written: what is added would only pile up in memory.
      if (isBroken) return;
      const { operation } = workload.requestAt(firstRoundPass + round - 1, request);
      const label = candidates[world]?.label ?? '';
      // A candidate's text may hold commas.
      const name = /[",]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label;
      const times = [plannedUs, startUs, responseUs].map((us) => us.toFixed(0)).join(',');
      zip.write(`${round},${request},${operation},${name},${times},${status},${isPaired ? 1 : 0}\n`);
    },
    async close(): Promise<void> {
      zip.end();
      await written;
    },
  };
}
