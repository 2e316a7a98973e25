/** How followers are spread: a few people have most of them, or everybody has about as many. */
export const followerDistributions = ['heavy', 'even'] as const;
export type FollowerDistribution = (typeof followerDistributions)[number];

/** How many people and photos, how followers are spread, and the seed that decides everything about them. */
export type PopulationSize = {
  readonly seed: number;
  readonly people: number;
  readonly photos: number;
  readonly followers: FollowerDistribution;
};
