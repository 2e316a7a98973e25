import { randomAt, drawsOf, streams } from './counter-random.ts';
import { followerSharesOf } from './follower-shares.ts';
import { createPermutation } from './permutation.ts';
import { ageWeight } from './photo-age.ts';
import type { PopulationSize } from './population-size.ts';
import { createZipf } from './zipf.ts';

/**
 * What a driver must know of the seeded database to ask for it: how many follow each person, who owns which photo, how old
 * it is. It is the cheap part of the population, made from the size alone, so that k6 makes it by itself. Ids begin at 1; index
 * 0 of each list is id 1.
 */
export type Population = {
  readonly size: PopulationSize;
  /** The part of all people that is meant to follow a person. */
  readonly followerShare: readonly number[];
  /** Ids of people, the most followed first. */
  readonly peopleByRank: readonly number[];
  readonly photoOwner: readonly number[];
  readonly photoAgeHours: readonly number[];
};

/** How unevenly people post. */
const ownerAlpha = 0.6;
/** Photos are spread over this time, the newest just now. */
export const spanHours = 365 * 24;

/** Ids of people by their shares; chance decides between equals. */
function rankPeople({ seed, people }: PopulationSize, shares: readonly number[]): number[] {
  const place = createPermutation(people, seed, streams.followerShare);
  return shares
    .map((share, index) => ({ share, place: place(index), id: index + 1 }))
    .sort((a, b) => b.share - a.share || a.place - b.place)
    .map(({ id }) => id);
}

/** Who owns each photo, by its id less one; photos beyond those that are asked for have owners too. */
export function createOwnerOf({ seed, people }: PopulationSize): (index: number) => number {
  const rank = createZipf(people, ownerAlpha);
  const place = createPermutation(people, seed, streams.owner);
  return (index) => place(rank(drawsOf(seed, 0, streams.owner, index)) - 1) + 1;
}

/** A size in which the distribution of followers may be left out: it is heavy-tailed then. */
type GivenSize = Omit<PopulationSize, 'followers'> & Partial<Pick<PopulationSize, 'followers'>>;

export function createPopulation({ followers = 'heavy', ...given }: GivenSize): Population {
  const size: PopulationSize = { ...given, followers };
  const { seed, photos } = size;
  const followerShare = followerSharesOf(size);
  const ownerOf = createOwnerOf(size);
  return {
    size,
    followerShare,
    peopleByRank: rankPeople(size, followerShare),
    photoOwner: Array.from({ length: photos }, (_, index) => ownerOf(index)),
    // Ids grow with time: the highest id is the newest photo.
    photoAgeHours: Array.from(
      { length: photos },
      (_, index) => ((photos - 1 - index + randomAt(seed, 0, streams.age, index)) / photos) * spanHours,
    ),
  };
}

/** How often each photo is asked for: rank by Zipf, times the owner's followers, times its age's weight. */
export function photoWeights(
  { size, followerShare, photoOwner, photoAgeHours }: Population,
  alpha: number,
): number[] {
  const rank = createPermutation(size.photos, size.seed, streams.photoRank);
  return photoOwner.map(
    (ownerId, index) =>
      (rank(index) + 1) ** -alpha *
      (followerShare[ownerId - 1] as number) *
      ageWeight(photoAgeHours[index] as number),
  );
}
