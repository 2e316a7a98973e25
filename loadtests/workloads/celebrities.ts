import { streams } from './counter-random.ts';
import { createPermutation } from './permutation.ts';
import type { PopulationSize } from './population-size.ts';

/** Somebody whom a large part of all people follows; the part is from 0 to 1. */
export type Celebrity = { readonly id: number; readonly share: number };

/** One in so many is placed explicitly: the tail of a small sample would not hold one for sure. */
const peoplePerCelebrity = 500;
/** Each is asked of each person by itself, so that there must be few; in a large sample the tail has more of them. */
const celebritiesMax = 20;
/** The part of all people that follows the first one; the others have less by their rank. */
export const largestShare = 0.6;
/** At this rank, counted from 0, a celebrity has half of what the first one has. */
const decayRanks = 8;

/** The celebrities of a population, the first one first; none where followers are even. */
export function celebritiesOf({ seed, people, followers }: PopulationSize): Celebrity[] {
  if (followers === 'even') return [];
  const count = Math.min(celebritiesMax, Math.max(1, Math.round(people / peoplePerCelebrity)));
  const place = createPermutation(people, seed, streams.celebrities);
  return Array.from({ length: count }, (_, rank) => ({
    id: place(rank) + 1,
    share: largestShare / (1 + rank / decayRanks),
  }));
}
