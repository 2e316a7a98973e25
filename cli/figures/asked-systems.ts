import type { CandidateValues } from '../../app/contract/figure.ts';
import type { SystemDefinition, Systems } from '../../app/contract/system.ts';
import { systems as all } from '../../app/systems.ts';

/**
 * Whether a candidate asks for a system, by its record in a result: a cache is there unless it has no tiers, and of another system
 * a record has values only where a candidate asks for it.
 */
export function isAskedFor({ name, axes }: SystemDefinition, config: CandidateValues): boolean {
  if (name === 'cache') return config['tiers'] !== 'none';
  return Object.values(axes).some(({ field }) => Object.hasOwn(config, field));
}

/** The names of the kinds of process that look at a world from outside, and serve nobody. */
export function witnessNames(systems: Systems = all): ReadonlySet<string> {
  return new Set(Object.values(systems).flatMap(({ witnesses = [] }) => witnesses.map(({ name }) => name)));
}
