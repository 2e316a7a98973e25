import type { AnyCandidate } from '../../app/candidates/candidate.ts';
import { askedSystems } from '../../app/candidates/system-values.ts';
import { figures, isAlwaysThere } from '../figures/figure-list.ts';
import type { ListedFigure } from '../figures/figure-list.ts';

type Planned = { readonly candidates: readonly { readonly candidate: AnyCandidate }[] };

/**
 * The figures that an experiment has: those that are always there, and those of every system that a candidate
 * asks for. These are measured for all candidates, since one that asks for a system is compared with those
 * that do not.
 */
export function figuresOf({ candidates }: Planned): ListedFigure[] {
  const asked = new Set<string | null>(candidates.flatMap(({ candidate }) => askedSystems(candidate)));
  return figures.filter((figure) => isAlwaysThere(figure) || asked.has(figure.system));
}
