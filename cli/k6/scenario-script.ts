import { join } from 'node:path';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { bundleScript } from './bundle-script.ts';

/** What k6 is given of a scenario, each in one file. */
export type ScenarioScript = {
  /** Sends the requests of a plan. */
  readonly ofPlan: string;
  /** Draws the requests: the scenario itself. Most runs have a plan, so that it is made when it is asked for. */
  readonly drawing: () => string;
  /** Absolute path of the folder of the photos that it uploads: it lies beside the sources. */
  readonly samplesFolder: string;
};

/** Reads the scripts of a scenario, once for all the runs of k6 that send it. */
export function readScenario(checkout: string, name: ScenarioName): ScenarioScript {
  return {
    ofPlan: bundleScript(checkout, join('loadtests', 'k6', 'run-plan.ts')),
    drawing: () => bundleScript(checkout, scenarios[name].file),
    samplesFolder: join(checkout, 'loadtests', 'media'),
  };
}
