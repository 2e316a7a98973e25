import type { AnyCandidate } from '../../app/candidates/candidate.ts';
import { askedSystems } from '../../app/candidates/system-values.ts';
import { figures } from '../figures/figure-list.ts';
import type { ListedFigure } from '../figures/figure-list.ts';

type Planned = { readonly candidates: readonly { readonly candidate: AnyCandidate }[] };

/**
 * The figures that an experiment has: its own, those of the caches, and those of every other system that a candidate asks for. Of such
 * a system all candidates have them, since the others are what it is held against.
 */
export function figuresOf({ candidates }: Planned): ListedFigure[] {
  const asked = new Set(['cache', ...candidates.flatMap(({ candidate }) => askedSystems(candidate))]);
  return figures.filter(({ system }) => system === null || asked.has(system));
}
