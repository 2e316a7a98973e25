/** How long an experiment measures at most, how precisely, and the population it measures on. */
export type Profile = {
  readonly people: number;
  readonly photos: number;
  /** Starts of all processes: what they differ by from start to start is averaged over them. */
  readonly parts: number;
  /** Half-width of the primary comparisons that is wanted, percent; null: the figure's own margin. */
  readonly precisionPct: number | null;
  /** From the first request of the warm-up on. */
  readonly timeLimitSeconds: number;
  /** Length of a round, together. */
  readonly roundSeconds: number;
  readonly turns: TurnsProfile;
};

/** One world at a time: rounds are counted beforehand. */
export type TurnsProfile = {
  readonly rounds: number;
  /** Unmeasured start of each block: connections are up and the clock of the world runs again. */
  readonly settleSeconds: number;
  readonly measureSeconds: number;
  /** Once per world, before the shake-down round. */
  readonly warmUpSeconds: number;
};

/** `demo` is small enough that a round of a few seconds asks for its keys again; the others use the default population. */
export const profiles = {
  demo: {
    people: 500,
    photos: 5_000,
    parts: 1,
    precisionPct: null,
    timeLimitSeconds: 300,
    roundSeconds: 12,
    turns: { rounds: 7, settleSeconds: 1, measureSeconds: 15, warmUpSeconds: 15 },
  },
  quick: {
    people: 2_000,
    photos: 20_000,
    parts: 1,
    precisionPct: null,
    timeLimitSeconds: 480,
    roundSeconds: 12,
    turns: { rounds: 7, settleSeconds: 5, measureSeconds: 15, warmUpSeconds: 30 },
  },
  standard: {
    people: 2_000,
    photos: 20_000,
    parts: 3,
    precisionPct: 3,
    timeLimitSeconds: 1_200,
    roundSeconds: 15,
    turns: { rounds: 10, settleSeconds: 10, measureSeconds: 20, warmUpSeconds: 60 },
  },
  thorough: {
    people: 2_000,
    photos: 20_000,
    parts: 6,
    precisionPct: 2,
    timeLimitSeconds: 3_600,
    roundSeconds: 20,
    turns: { rounds: 20, settleSeconds: 20, measureSeconds: 60, warmUpSeconds: 120 },
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
