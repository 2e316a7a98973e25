import type { CandidateValues } from '../../app/contract/figure.ts';
import type { SystemDefinition, Systems } from '../../app/contract/system.ts';
import { systems as all } from '../../app/systems.ts';

/** Whether a candidate uses a system, by its record in a result. */
export function usesSystem(system: SystemDefinition, config: CandidateValues): boolean {
  const isTold = Object.values(system.axes).some(({ field }) => Object.hasOwn(config, field));
  return system.isUsed?.(config) ?? isTold;
}

/** The names of the kinds of process that look at a world from outside, and serve nobody. */
export function witnessNames(systems: Systems = all): ReadonlySet<string> {
  return new Set(Object.values(systems).flatMap(({ witnesses = [] }) => witnesses.map(({ name }) => name)));
}
