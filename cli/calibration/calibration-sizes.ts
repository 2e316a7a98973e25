import type { RealPlan, RealWorld } from './real-experiment.ts';
import { simulatedEffectsPct, simulationSettings } from './simulation-settings.ts';
import type { SimulationSetting } from './simulation-settings.ts';

/** The parts of a calibration, by their letters. */
export const calibrationParts = {
  a: 'the statistics on simulated experiments',
  b: 'identical worlds',
  c: 'planted slowdowns',
  d: 'time to a verdict',
  e: 'together against turns',
} as const;
export type PartLetter = keyof typeof calibrationParts;

/** How many experiments a calibration is made of: `smoke` shows that it works, `full` is what claims rest on. */
type CalibrationSize = {
  /** Per setting and effect. */
  readonly simulated: number;
  readonly identical: number;
  readonly slowdowns: number;
  /** Quiet, and as many under bursts. */
  readonly commands: number;
  readonly pacings: number;
  /** Rounds of each experiment with identical worlds, and of each that compares the two pacings. */
  readonly rounds: number;
};

export const calibrationSizes = {
  smoke: { simulated: 50, identical: 2, slowdowns: 1, commands: 1, pacings: 1, rounds: 2 },
  short: { simulated: 1_000, identical: 8, slowdowns: 3, commands: 2, pacings: 1, rounds: 7 },
  full: { simulated: 5_000, identical: 20, slowdowns: 10, commands: 10, pacings: 1, rounds: 7 },
} as const satisfies Record<string, CalibrationSize>;
export type SizeName = keyof typeof calibrationSizes;

/** Half of the starts of each combination estimate what worlds differ by, the other half checks it. */
export type StartsHalf = 'odd' | 'even';

/** Foreign processes that burn CPU in bursts, and what decides when; no cores: quiet. */
export type ForeignLoadPlan = { readonly cores: number; readonly seed: number };

/** An experiment of the calibration. The key says all that decides its outcome but the machine and the code. */
export type PlannedExperiment = { readonly key: string } & (
  | {
      readonly part: 'a';
      readonly setting: SimulationSetting;
      readonly effectPct: number;
      readonly experiments: number;
      readonly seed: number;
    }
  | {
      readonly part: 'b';
      readonly candidate: string;
      readonly half: StartsHalf;
      readonly load: ForeignLoadPlan;
      readonly plan: RealPlan;
    }
  | { readonly part: 'c'; readonly plan: RealPlan }
  | { readonly part: 'd'; readonly load: ForeignLoadPlan }
  | { readonly part: 'e'; readonly plans: { readonly together: RealPlan; readonly turns: RealPlan } }
);
export type PlannedOf<P extends PartLetter> = Extract<PlannedExperiment, { part: P }>;

const simulationSeed = 1;
/** How many populations repetitions take in turn: each is seeded once and kept. */
const populations = 4;
const populationSeedOf = (repetition: number): number => 1 + (repetition % populations);
const numbered = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
/** One foreign core, two, one, ... */
const foreignCoresOf = (index: number): number => 1 + (index % 2);

function simulated({ simulated: experiments }: CalibrationSize): PlannedOf<'a'>[] {
  return simulationSettings.flatMap((setting) =>
    simulatedEffectsPct.map((effectPct) => ({
      key: `a · ${setting.name} · effect ${effectPct} % · ${experiments}`,
      part: 'a' as const,
      setting,
      effectPct,
      experiments,
      seed: simulationSeed,
    })),
  );
}

/** What starts differ by does not depend on the length of a round: shorter ones leave time for more starts. */
const identicalRoundSeconds = 8;

/** Cached and uncached worlds alternate, two quiet experiments and two under bursts; with them the halves of the starts. */
function identical({ identical: count, rounds }: CalibrationSize): PlannedOf<'b'>[] {
  return numbered(count).map((index) => {
    const candidate = index % 2 === 0 ? 'cache-aside' : 'no-cache';
    const isNoisy = Math.floor(index / 2) % 2 === 1;
    const repetition = Math.floor(index / 4);
    const foreignCores = isNoisy ? foreignCoresOf(repetition) : 0;
    return {
      key: `b · ${index + 1} · ${candidate} · ${foreignCores} foreign · ${rounds} rounds`,
      part: 'b' as const,
      candidate,
      half: repetition % 2 === 0 ? ('odd' as const) : ('even' as const),
      load: { cores: foreignCores, seed: index },
      plan: {
        worlds: numbered(4).map((world): RealWorld => ({ name: `world ${world + 1}`, candidate })),
        pacing: 'together' as const,
        rounds,
        roundSeconds: identicalRoundSeconds,
        seed: populationSeedOf(repetition),
      },
    };
  });
}

/** The same code as in a slowed world, so that what is planted is the only difference. */
const unslowed = 'every=1,by=0%';

const slowdown = (name: string, planted: string) => ({
  name,
  candidate: 'cache-aside',
  slowdown: planted,
});

/** Worlds of one candidate, whose requests are slowed down by what is known. The others are compared with the first. */
export const slowedWorlds = {
  base: slowdown('base', unslowed),
  small: slowdown('+5 %', 'every=1,by=5%'),
  medium: slowdown('+10 %', 'every=1,by=10%'),
  large: slowdown('+20 %', 'every=1,by=20%'),
  rare: slowdown('×5 on every tenth', 'every=10,by=400%'),
} as const satisfies Readonly<Record<string, RealWorld>>;

/** As many worlds as identical ones, whose starts are known: with more, each world gets fewer requests, and starts differ by more. */
function slowedWorldsOf(index: number): RealWorld[] {
  const { base, small, medium, large, rare } = slowedWorlds;
  return [base, index % 2 === 0 ? large : small, medium, rare];
}

function slowdowns({ slowdowns: count, rounds }: CalibrationSize): PlannedOf<'c'>[] {
  // The default limit and rule decide how many rounds there are, but for a smoke run.
  const fixed = rounds < 7 ? rounds : null;
  return numbered(count).map((index) => ({
    key: `c · ${index + 1} · ${fixed ?? 'enough'} rounds`,
    part: 'c' as const,
    plan: {
      worlds: slowedWorldsOf(index),
      pacing: 'together' as const,
      rounds: fixed,
      seed: populationSeedOf(index),
    },
  }));
}

function commands({ commands: count }: CalibrationSize): PlannedOf<'d'>[] {
  return numbered(count).flatMap((index) =>
    [0, foreignCoresOf(index)].map((foreignCores) => ({
      key: `d · ${index + 1} · ${foreignCores} foreign`,
      part: 'd' as const,
      load: { cores: foreignCores, seed: 1_000 + index },
    })),
  );
}

function pacings({ pacings: count, rounds }: CalibrationSize): PlannedOf<'e'>[] {
  const worlds = ['no-cache', 'cache-aside', 'versioned'].map((candidate) => ({
    name: candidate,
    candidate,
  }));
  return numbered(count).map((index) => {
    const plan = { worlds, rounds, seed: populationSeedOf(index) };
    return {
      key: `e · ${index + 1} · ${rounds} rounds`,
      part: 'e' as const,
      plans: {
        together: { ...plan, pacing: 'together' as const },
        turns: { ...plan, pacing: 'turns' as const },
      },
    };
  });
}

/** Every experiment of a size, in the order in which they are run. A smaller size is the beginning of a larger one. */
export function planCalibration(name: SizeName, only: readonly PartLetter[]): PlannedExperiment[] {
  const size = calibrationSizes[name];
  const all = [
    ...simulated(size),
    ...identical(size),
    ...slowdowns(size),
    ...commands(size),
    ...pacings(size),
  ];
  return all.filter(({ part }) => only.length === 0 || only.includes(part));
}
