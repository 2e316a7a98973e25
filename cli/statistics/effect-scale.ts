import { toPct } from './paired-effect.ts';

/** How the values of a figure become effects, which add up, and how effects are told. */
export type EffectScale = {
  /** Null for a value that has no place on it. */
  readonly effectOf: (value: number) => number | null;
  readonly valueOf: (effect: number) => number;
  /** As results tell it: percent, percentage points, or the figure's own unit. */
  readonly told: (effect: number) => number;
  /** Of a half-width that is wanted, as it is told. */
  readonly effectOfTold: (told: number) => number;
};

const same = (value: number): number => value;

/** Ratios are compared as logarithms, so that twice as much and half as much are equally far from no change. */
export const effectScales = {
  ratio: {
    effectOf: (value) => (value <= 0 ? null : Math.log(value)),
    valueOf: Math.exp,
    told: toPct,
    effectOfTold: (pct) => Math.log1p(pct / 100),
  },
  points: { effectOf: same, valueOf: same, told: (share) => share * 100, effectOfTold: (pct) => pct / 100 },
  plain: { effectOf: same, valueOf: same, told: same, effectOfTold: same },
} as const satisfies Readonly<Record<string, EffectScale>>;
