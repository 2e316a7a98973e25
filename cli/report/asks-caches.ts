import { readEntities } from '../../app/contract/entities.ts';
import { mixes } from '../../loadtests/workloads/operation-mix.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';

const isScenario = (name: string): name is ScenarioName => name in scenarios;

/** Whether a scenario reads anything that is cached: where it does not, there is nothing to say of caches. */
export function asksCaches(scenario: string): boolean {
  // Another version may have had other scenarios.
  if (!isScenario(scenario)) return true;
  return Object.keys(mixes[scenarios[scenario].mix]).some((operation) => operation in readEntities);
}
