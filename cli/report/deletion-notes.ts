import { invalidationKinds } from '../../app/cache/invalidation/index.ts';
import { strategyOf } from '../../app/cache/settings/chosen-strategy.ts';
import { tiersOf } from '../../app/cache/tiers/index.ts';
import type { Candidate } from '../../app/candidates/candidate.ts';
import { policiesOf, withLongestLifetime } from '../../app/classes/system.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';

type Planned = Pick<ExperimentPlan, 'candidates' | 'replicas'>;

/**
 * Notes on replicas that may go on showing what was deleted, and for how long: those of candidates in which,
 * by design, nothing tells them of that.
 */
export function describeDeletions({ candidates, replicas }: Planned): string[] {
  if (replicas < 2) return [];
  const compared = candidates.filter(
    ({ role, candidate }) => role !== 'control' && tiersOf(candidate.cache.tiers).local !== null,
  );
  return untold.flatMap(({ isSo, why }) => {
    const own = compared.filter(({ candidate }) => isSo(candidate));
    return [...Map.groupBy(own, ({ candidate }) => shownForMs(candidate))].map(([ms, alike]) => {
      const names = alike.map(({ label }) => label).join(', ');
      return `A deleted photo may be shown for ${ms / 1_000} s more by another replica of ${names}: ${why}.`;
    });
  });
}

type Untold = { readonly isSo: (candidate: Candidate) => boolean; readonly why: string };

const untold: readonly Untold[] = [
  {
    isSo: ({ cache }) => invalidationKinds[cache.invalidation].connect === null,
    why: 'with invalidation=ttl nothing tells it',
  },
  {
    isSo: ({ cache, classes }) =>
      invalidationKinds[cache.invalidation].readsChangeStream &&
      [...policiesOf(classes).values()].some(({ invalidation }) => invalidation === 'ttl'),
    why: 'the log of changes does not tell it a deletion from other writes, and it passes over those of a class with invalidation=ttl',
  },
];

/**
 * How long a replica that was not told may show a deleted photo. An edge may have asked it just before it
 * forgets the photo, so the lifetimes of both add up.
 */
function shownForMs(candidate: Candidate): number {
  const { ttlMs, staleMs } = withLongestLifetime(candidate);
  const { edge, edgeTtlMs, edgeStaleMs } = candidate.edge;
  const isServedStale = strategyOf(candidate.cache).parameters.includes('stale');
  return ttlMs + (isServedStale ? staleMs : 0) + (edge === 'on' ? edgeTtlMs + edgeStaleMs : 0);
}
