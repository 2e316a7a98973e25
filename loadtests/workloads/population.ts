import { ageWeight } from './photo-age.ts';
import { randomAt, drawsOf, streams } from './counter-random.ts';
import { createPermutation } from './permutation.ts';
import { createZipf } from './zipf.ts';

/** How many people and photos, and the seed that decides everything about them. */
export type PopulationSize = { readonly seed: number; readonly people: number; readonly photos: number };

/**
 * What a driver must know of the seeded database to ask for it: how attractive people are, who owns which photo, how old it
 * is. It is the cheap part of the population, made from the size alone, so that k6 makes it by itself. Ids begin at 1; index
 * 0 of each list is id 1.
 */
export type Population = {
  readonly size: PopulationSize;
  /** Expected share of followers, as a weight; heavy-tailed. */
  readonly attractiveness: readonly number[];
  /** Ids of people, the most attractive first. */
  readonly peopleByRank: readonly number[];
  readonly photoOwner: readonly number[];
  readonly photoAgeHours: readonly number[];
};

/** Power law of the in-degree; between 1.8 and 2.3 in published crawls. */
const degreeExponent = 2.1;
/** No tail is longer than this share of what the least attractive have, so that one person is not all. */
const attractivenessMax = 400;
/** One in so many is a celebrity, placed explicitly: the tail of a small sample would not hold one for sure. */
const peoplePerCelebrity = 500;
/** How unevenly people post. */
const ownerAlpha = 0.6;
/** Photos are spread over this time, the newest just now. */
const spanHours = 365 * 24;

function attractivenessOf({ seed, people }: PopulationSize): number[] {
  const weights = Array.from({ length: people }, (_, index) => {
    const u = randomAt(seed, 0, streams.attractiveness, index);
    return Math.min(attractivenessMax / 4, (1 - u) ** (-1 / (degreeExponent - 1)));
  });
  const place = createPermutation(people, seed, streams.attractiveness);
  const celebrities = Math.max(1, Math.round(people / peoplePerCelebrity));
  for (let rank = 0; rank < celebrities; rank += 1) weights[place(rank)] = attractivenessMax / (1 + rank / 2);
  return weights;
}

export function createPopulation(size: PopulationSize): Population {
  const { seed, people, photos } = size;
  const attractiveness = attractivenessOf(size);
  const ownerRank = createZipf(people, ownerAlpha);
  const owner = createPermutation(people, seed, streams.owner);
  return {
    size,
    attractiveness,
    peopleByRank: attractiveness
      .map((weight, index) => ({ weight, id: index + 1 }))
      .sort((a, b) => b.weight - a.weight || a.id - b.id)
      .map(({ id }) => id),
    photoOwner: Array.from(
      { length: photos },
      (_, index) => owner(ownerRank(drawsOf(seed, 0, streams.owner, index)) - 1) + 1,
    ),
    // Ids grow with time: the highest id is the newest photo.
    photoAgeHours: Array.from(
      { length: photos },
      (_, index) => ((photos - 1 - index + randomAt(seed, 0, streams.age, index)) / photos) * spanHours,
    ),
  };
}

/** How often each photo is asked for: rank by Zipf, times the owner's attractiveness, times its age's weight. */
export function photoWeights(
  { size, attractiveness, photoOwner, photoAgeHours }: Population,
  alpha: number,
): number[] {
  const rank = createPermutation(size.photos, size.seed, streams.photoRank);
  return photoOwner.map(
    (ownerId, index) =>
      (rank(index) + 1) ** -alpha *
      (attractiveness[ownerId - 1] as number) *
      ageWeight(photoAgeHours[index] as number),
  );
}
