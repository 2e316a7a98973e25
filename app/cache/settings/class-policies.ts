import type { TierStackName } from '../tiers/index.ts';

/** Whether a write takes an entry out, or it lives until its lifetime ends whatever is written. */
export const classInvalidations = ['write', 'ttl'] as const;

/** In what the entries of one kind differ from what the candidate says of all. */
export type ClassPolicy = {
  readonly ttlMs?: number;
  readonly ttlJitter?: number;
  /** Of the candidate's tiers, those that keep them. */
  readonly tiers?: TierStackName;
  readonly invalidation?: (typeof classInvalidations)[number];
};

/** By the names of entities. Those that are not there are as the candidate says. */
export type ClassPolicies = ReadonlyMap<string, ClassPolicy>;

export const noPolicies: ClassPolicies = new Map();
