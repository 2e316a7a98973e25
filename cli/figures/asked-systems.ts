import type { CandidateValues } from '../../app/contract/figure.ts';

/** Whether a candidate asks for a system, by the values of its axes. */
export function isAskedFor(system: string, values: CandidateValues): boolean {
  return system === 'cache' && values['tiers'] !== 'none';
}
