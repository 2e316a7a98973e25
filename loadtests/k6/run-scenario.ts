import { scenarios } from '../workloads/scenario-list.ts';
import type { ScenarioName } from '../workloads/scenario-list.ts';
import { createScript } from './create-script.ts';
import type { Script } from './create-script.ts';
import { openRequests } from './drawn-requests.ts';
import { readSettings } from './settings.ts';

/** What a script of a scenario exports. */
export function runScenario(name: ScenarioName): Script {
  const { mix } = scenarios[name];
  const settings = readSettings({ mix });
  return createScript(settings, openRequests(settings));
}
