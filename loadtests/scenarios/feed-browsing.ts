/**
 * People browse: feeds, photos, profiles, comments, followers, with likes and the odd post (the mix social-default).
 * Alone, against `darkroom up`: k6 run loadtests/scenarios/feed-browsing.ts
 */
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { openLoop } from '../k6/options.ts';
import { send } from '../k6/send.ts';
import { readSettings } from '../k6/settings.ts';
import { displacementMs } from '../workloads/arrivals.ts';
import { requestCount } from '../workloads/run-settings.ts';
import { samplePhotos } from '../workloads/sample-photos.ts';
import { scenarios } from '../workloads/scenario-list.ts';
import { createWorkload } from '../workloads/workload.ts';
import type { PlannedRequest } from '../workloads/workload.ts';

const settings = readSettings(scenarios['feed-browsing'].mix);
const samples = samplePhotos.map(({ file }) => open(`../media/${file}`, 'b'));
const iterationErrors = new Counter('iteration_errors');

/** Planned once per process and shared by all virtual users; or read from a plan, because k6 takes seconds to make one. */
const requests = new SharedArray<PlannedRequest>('requests', () => {
  if (settings.planFile !== undefined) return JSON.parse(open(settings.planFile)) as PlannedRequest[];
  const workload = createWorkload(settings);
  return Array.from({ length: requestCount(settings) }, (_, index) =>
    workload.requestAt(settings.pass, index),
  );
});

export const options = openLoop(settings);

export default function browse(): void {
  const index = exec.scenario.iterationInTest;
  const request = requests[index];
  // The schedule may hold one arrival more than planned: both its ends count.
  if (request === undefined) return;
  exec.vu.metrics.metadata['i'] = String(index);
  try {
    sleep(
      displacementMs(settings.arrivals, settings.seed, settings.pass, index, settings.ratePerSecond) / 1000,
    );
    send(settings, index, request, samples);
  } catch (error) {
    iterationErrors.add(1);
    // k6 logs what is thrown.
    throw error;
  }
}
