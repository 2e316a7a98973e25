import { fenceKinds } from '../fences/index.ts';
import { invalidationKinds } from '../invalidation/index.ts';
import { tiersOf } from '../tiers/index.ts';
import type { TierStackName } from '../tiers/index.ts';
import type { CacheSettings } from './cache-axes.ts';

type AnomalyDefinition = {
  readonly meaning: string;
  /** Whether the parameters leave it possible, if the strategy does. */
  readonly canOccur: (settings: CacheSettings) => boolean;
};

/** Within one process a marked flight is never filled; beyond it only a version or a lease's token can refuse a late fill. */
const hasUnguardedFill = ({ tiers, protection, fence }: CacheSettings): boolean =>
  !fenceKinds[fence].ordersFills &&
  (protection === 'none' || (tiersOf(tiers).shared !== null && protection !== 'lease'));

function hasBothTiers(stack: TierStackName): boolean {
  const { local, shared } = tiersOf(stack);
  return local !== null && shared !== null;
}

/** Whether a replica that has lost a message drops what it holds. */
export function noticesLosses({
  fence,
  invalidation,
}: Pick<CacheSettings, 'fence' | 'invalidation'>): boolean {
  const noticed = invalidationKinds[invalidation].noticesLosses;
  return noticed === 'always' || (noticed === 'fence' && fenceKinds[fence].ordersFills);
}

/**
 * The ways in which a cache may serve what a finished write has replaced. A strategy lists those that it allows; the
 * contract suite shows that each of them occurs, and that no other does.
 */
export const anomalies = {
  'stale-fill': {
    meaning:
      'A write invalidates a key while an older value is being loaded; the load then fills the old value.',
    canOccur: hasUnguardedFill,
  },
  'older-overwrites-newer': {
    meaning: 'Two loads of one key end in the wrong order; the older value replaces the newer one.',
    canOccur: hasUnguardedFill,
  },
  'stale-promotion': {
    meaning:
      'A write invalidates a key while its old value is on the way from redis to memory, where it then stays.',
    canOccur: ({ tiers, fence, protection }) =>
      hasBothTiers(tiers) && !fenceKinds[fence].ordersFills && protection === 'none',
  },
  'lost-invalidation': {
    meaning:
      'A message to the other replicas is lost; another replica keeps the old value until its TTL ends.',
    canOccur: (settings) => tiersOf(settings.tiers).local !== null && !noticesLosses(settings),
  },
  'failed-invalidation': {
    meaning: 'Redis does not take an invalidation; it serves the old value until its TTL ends.',
    canOccur: ({ tiers, invalidation }) =>
      tiersOf(tiers).shared !== null && !invalidationKinds[invalidation].isRepeated,
  },
  'crash-before-invalidation': {
    meaning:
      'A process dies between its commit and its invalidation; the old value stays until its TTL ends.',
    canOccur: ({ invalidation }) => !invalidationKinds[invalidation].isRepeated,
  },
  'fill-before-commit': {
    meaning: 'A key is deleted before the write commits; a reader in between fills the old value again.',
    canOccur: ({ fence }) => !fenceKinds[fence].ordersFills,
  },
  'no-invalidation': {
    meaning:
      'No write but a deletion invalidates anything; whatever happens, an old value stays until its TTL ends.',
    canOccur: () => true,
  },
  'late-invalidation': {
    meaning: 'A write is acknowledged before the message about it has reached the cache.',
    canOccur: () => true,
  },
  'storage-lags': {
    meaning:
      'A write is acknowledged before storage has it; whoever loads meanwhile gets the row without it.',
    canOccur: () => true,
  },
} as const satisfies Record<string, AnomalyDefinition>;

export type Anomaly = keyof typeof anomalies;
