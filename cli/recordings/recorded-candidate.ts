import { CommandError } from '../errors.ts';
import type { NamedCandidate } from '../experiment/named-candidates.ts';

/** An edge answers some requests by itself: replicas, which write down what is asked, do not hear of them. */
const hearsAll = ({ candidate }: Pick<NamedCandidate, 'candidate'>): boolean => candidate.edge.edge === 'off';

/**
 * The candidate of a comparison whose world is recorded: the first that is compared, since the baseline may have no cache, of those that
 * have no edge. Undefined: all have one.
 */
export function recordedCandidate<Compared extends NamedCandidate & { readonly role: string }>(
  candidates: readonly Compared[],
): Compared | undefined {
  const recordable = candidates.filter(hearsAll);
  return recordable.find(({ role }) => role === 'candidate') ?? recordable[0];
}

/** Throws a usage error where a recording of none of these candidates would have all that is asked. */
export function requireRecordable(candidates: readonly Pick<NamedCandidate, 'candidate'>[]): void {
  if (candidates.some(hearsAll)) return;
  throw new CommandError('usage', 'A recording would lack what the edge answers: only replicas record.', {
    remedy: 'Record a candidate without edge=on, which is asked for the same.',
  });
}
