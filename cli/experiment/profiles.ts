import type { PrimaryMetric } from './records.ts';

/** How long and how often an experiment measures, and the population it measures on. */
export type Profile = {
  readonly rounds: number;
  /** Unmeasured start of each block: connections are up and the clock of the world runs again. */
  readonly settleSeconds: number;
  readonly measureSeconds: number;
  /** Once per world, before the shake-down round. */
  readonly warmUpSeconds: number;
  readonly people: number;
  readonly photos: number;
  readonly primary: PrimaryMetric;
};

/**
 * `demo` is small enough that a block of a few seconds asks for its keys again; the others use the default population.
 * p50 is the primary metric of the short ones: below a hit ratio of 95 % a p95 is a miss in every candidate.
 */
export const profiles = {
  demo: {
    rounds: 7,
    settleSeconds: 1,
    measureSeconds: 4,
    warmUpSeconds: 15,
    people: 500,
    photos: 5_000,
    primary: 'p50',
  },
  quick: {
    rounds: 7,
    settleSeconds: 5,
    measureSeconds: 10,
    warmUpSeconds: 30,
    people: 2_000,
    photos: 20_000,
    primary: 'p50',
  },
  standard: {
    rounds: 10,
    settleSeconds: 10,
    measureSeconds: 20,
    warmUpSeconds: 60,
    people: 2_000,
    photos: 20_000,
    primary: 'p95',
  },
  thorough: {
    rounds: 20,
    settleSeconds: 20,
    measureSeconds: 60,
    warmUpSeconds: 120,
    people: 2_000,
    photos: 20_000,
    primary: 'p95',
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
