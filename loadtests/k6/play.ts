import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { createSchedule } from '../workloads/schedule.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import { traceparentOf } from '../workloads/trace-context.ts';
import type { RequestOf } from './planned-requests.ts';
import { openConnections, send } from './send.ts';

const iterationErrors = new Counter('iteration_errors');

/** Plays the planned requests of a run on its schedule: returns what a virtual user does at each arrival. */
export function createPlayer(
  settings: RunSettings,
  requestOf: RequestOf,
  samples: readonly string[],
): () => void {
  const schedule = createSchedule(settings);
  const isOpenLoop = settings.closedLoopUsers === undefined;
  // With a single world there are few connections, most of which are opened while the load settles: none need
  // be opened beforehand.
  let isConnected = !isOpenLoop || settings.worlds.length === 1;
  return () => {
    const arrival = exec.scenario.iterationInTest;
    let lateMs = 0;
    if (!isConnected) {
      const sinceMs = exec.instance.currentTestRunDuration;
      openConnections(settings.worlds);
      isConnected = true;
      lateMs = exec.instance.currentTestRunDuration - sinceMs;
    }
    const place = schedule.placeOf(arrival);
    const request = place === null ? undefined : requestOf(place);
    if (place === null || request === undefined) return;
    exec.vu.metrics.metadata['i'] = String(arrival);
    try {
      if (isOpenLoop) sleep(Math.max(0, schedule.displacementMs(place) - lateMs) / 1000);
      const target = schedule.targetOf(place);
      const { seed } = settings;
      const targets = request.isSentAgain === true ? [target, schedule.retryTargetOf(place)] : [target];
      const addressed = (one: string) => ({ target: one, traceparent: traceparentOf(seed, place, one) });
      const past = schedule.pastEdgeOf(place);
      const pastEdge = past === null ? null : addressed(past);
      const sendings = targets.map((one) => ({ ...addressed(one), pastEdge }));
      send(request, sendings, { seed, samples });
    } catch (error) {
      iterationErrors.add(1);
      // k6 logs what is thrown.
      throw error;
    }
  };
}
