import type { CandidateValues } from '../../app/contract/figure.ts';
import type { SystemDefinition } from '../../app/contract/system.ts';

/**
 * Whether a candidate asks for a system, by its record in a result: a cache is there unless it has no tiers, and of another system
 * a record has values only where a candidate asks for it.
 */
export function isAskedFor({ name, axes }: SystemDefinition, config: CandidateValues): boolean {
  if (name === 'cache') return config['tiers'] !== 'none';
  return Object.values(axes).some(({ field }) => Object.hasOwn(config, field));
}
