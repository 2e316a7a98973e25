import type { OperationName } from '../../app/contract/operations.ts';

/** Operations of a mix in tenths of a permille; each mix sums to 10,000, and what it does not name it does not send. */
export const mixes = {
  /** 91 % reads, 44.7 likes per post: browsing a photo-sharing service. */
  'social-default': {
    feedPage: 4_200,
    photoPage: 2_500,
    profileGrid: 1_200,
    comments: 600,
    followers: 600,
    like: 760,
    comment: 80,
    follow: 30,
    unfollow: 10,
    post: 17,
    editCaption: 2,
    deletePhoto: 1,
  },
} as const satisfies Record<string, Partial<Record<OperationName, number>>>;

type Mixes = typeof mixes;
export type MixName = keyof Mixes;
/** What some mix sends: the service may have more. */
export type PlannedOperation = { [Name in MixName]: keyof Mixes[Name] }[MixName];

export const plannedOperations = [
  ...new Set(Object.values(mixes).flatMap((mix) => Object.keys(mix))),
] as readonly PlannedOperation[];

/** The operation at `u` in [0, 1). */
export function operationAt(mix: MixName, u: number): PlannedOperation {
  let left = u * 10_000;
  for (const [name, share] of Object.entries(mixes[mix]) as [PlannedOperation, number][]) {
    left -= share;
    if (left < 0) return name;
  }
  return 'feedPage';
}
