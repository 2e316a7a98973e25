import { streams } from './counter-random.ts';
import { createPermutation } from './permutation.ts';
import type { PopulationSize } from './population-size.ts';

/** Somebody whom a large part of all people follows; the part is from 0 to 1. */
export type Celebrity = { readonly id: number; readonly share: number };

/** One of so many people is made a celebrity: the tail of a small sample might hold none. */
const peoplePerCelebrity = 500;
/**
 * Whether a person follows a celebrity is drawn for each pair of the two, so there must be few celebrities. A
 * large sample has more people of that kind in its tail anyway.
 */
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
