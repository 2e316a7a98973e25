import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import type { LoadMeter } from '../driver/load-meter.ts';
import type { RequestPlan } from '../k6/request-plans.ts';
import { driveK6 } from '../k6/run-k6.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import type { Stack } from '../worlds/world.ts';

export type EndlessLoad = {
  readonly scenario: ScenarioName;
  readonly rate: number;
  readonly population: PopulationSize;
  readonly targets: readonly string[];
  /** The requests of a pass; the same for all worlds. */
  readonly planned: (settings: RunSettings) => RequestPlan;
};

/** Length of a pass; between two there is a gap of about a second. */
const firstPassSeconds = 60;
const passSeconds = 600;
/**
 * Requests of a pass at most. All of them are planned in one go before the pass begins: for some 300 ms this process does
 * nothing else.
 */
const requestsMax = 60_000;
const pauseAfterFailureMs = 3_000;

/** The first is short, so that the load begins soon. */
export function passLengthSeconds(pass: number, ratePerSecond: number): number {
  return Math.min(pass === 0 ? firstPassSeconds : passSeconds, requestsMax / ratePerSecond);
}

/** Runs a scenario pass after pass, each with other requests, until the signal. Rejects nothing: what went wrong is reported. */
export async function runEndlessLoad(
  stack: Stack,
  k6: K6Binary,
  load: EndlessLoad,
  meter: LoadMeter,
): Promise<void> {
  const { context } = stack;
  const { mix, file } = scenarios[load.scenario];
  for (let pass = 0; !context.signal.aborted; pass += 1) {
    const settings: RunSettings = {
      ...load.population,
      mix,
      worlds: [load.targets],
      passes: singlePass(pass, load.rate, {
        settleSeconds: 0,
        measureSeconds: passLengthSeconds(pass, load.rate),
      }),
      ratePerSecond: load.rate,
      arrivals: 'poisson',
    };
    const requests = load.planned(settings);
    meter.begin(settings);
    const scenarioFile = join(stack.checkout, file);
    const run = { context, k6: k6.path, scenarioFile, settings, requests };
    const { failure } = await driveK6({ ...run, onRow: meter.add }).ended;
    if (context.signal.aborted || failure === null) continue;
    context.report(`The load broke off: ${failure}. It goes on in a moment.`);
    await wait(pauseAfterFailureMs, undefined, { signal: context.signal }).catch(() => {});
  }
}
