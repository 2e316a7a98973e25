import { choice, duration, number } from '../contract/axis-kinds.ts';
import type { Axes, Axis, AxisKind, AxisValue, ValuesOf } from '../contract/axis.ts';
import { entityNames } from '../contract/entities.ts';
import type { CandidateValues } from '../contract/figure.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { invalidationKinds } from '../cache/invalidation/index.ts';
import type { InvalidationDefinition } from '../cache/invalidation/invalidation-definition.ts';
import type { Anomaly } from '../cache/settings/anomalies.ts';
import type { CacheSettings } from '../cache/settings/cache-axes.ts';
import { allowedBy } from '../cache/settings/chosen-strategy.ts';
import { classInvalidations } from '../cache/settings/class-policies.ts';
import type { ClassPolicies, ClassPolicy } from '../cache/settings/class-policies.ts';
import { tierNamesOf, tiersInOrder, tiersOf, tierStacks } from '../cache/tiers/index.ts';
import type { TierStackName } from '../cache/tiers/index.ts';

/** As the candidate says of everything. */
const same = 'same';
type Same = typeof same;

function orSame<V extends AxisValue>(kind: AxisKind<V>): AxisKind<V | Same> {
  return {
    takes: `${same}, or ${kind.takes}`,
    ...(kind.choices !== undefined && { choices: [same, ...kind.choices] }),
    parse: (text) => (text === same ? same : kind.parse(text)),
    format: (value) => (value === same ? same : kind.format(value as V)),
  };
}

const ttl = orSame(duration);
const jitter = orSame(number(0, 0.5));
const tiers = orSame(choice(tierStacks));
const invalidation = orSame(choice(classInvalidations));

/** Of feeds `feed-ttl` says how long they live; counts that are kept apart have lifetimes of their own (`counter`). */
const axes = {
  'photo-ttl': axis('photoTtlMs', 'lifetime of a photo', ttl),
  'photo-jitter': axis('photoTtlJitter', 'share of it that is subtracted at random', jitter),
  'photo-tiers': axis('photoTiers', 'which of the tiers keep photos', tiers),
  'photo-invalidation': axis(
    'photoInvalidation',
    'whether a write takes a photo out; its deletion does wherever it is told of',
    invalidation,
  ),
  'profile-ttl': axis('profileTtlMs', 'lifetime of a profile: its photos, its followers', ttl),
  'profile-jitter': axis('profileTtlJitter', 'share of it that is subtracted at random', jitter),
  'profile-tiers': axis('profileTiers', 'which of the tiers keep profiles', tiers),
  'profile-invalidation': axis('profileInvalidation', 'whether a write takes a profile out', invalidation),
  'comments-ttl': axis('commentsTtlMs', 'lifetime of the comments of a photo', ttl),
  'comments-jitter': axis('commentsTtlJitter', 'share of it that is subtracted at random', jitter),
  'comments-tiers': axis('commentsTiers', 'which of the tiers keep comments', tiers),
  'comments-invalidation': axis('commentsInvalidation', 'whether a write takes comments out', invalidation),
} as const satisfies Axes;

function axis<const F extends string, V extends AxisValue>(
  field: F,
  meaning: string,
  kind: AxisKind<V | Same>,
) {
  return {
    field,
    meaning: `${meaning}; ${same}: as of everything`,
    fallback: same,
    matters: 'all',
    ...kind,
  } as const satisfies Axis<V | Same>;
}

/** What a candidate says of classes of entries. */
export type ClassValues = ValuesOf<typeof axes>;

/** What is meant by a class: the entities whose entries are treated alike. */
const classes = {
  photo: [entityNames.photo],
  profile: [entityNames.profileGrid, entityNames.followers],
  comments: [entityNames.comments],
} as const;

type ClassName = keyof typeof classes;
const classNames = Object.keys(classes) as ClassName[];

function policyOf(name: ClassName, values: ClassValues): ClassPolicy {
  const [ttlMs, ttlJitter] = [values[`${name}TtlMs`], values[`${name}TtlJitter`]];
  const [own, invalidates] = [values[`${name}Tiers`], values[`${name}Invalidation`]];
  return {
    ...(ttlMs !== same && { ttlMs }),
    ...(ttlJitter !== same && { ttlJitter }),
    ...(own !== same && { tiers: own }),
    ...(invalidates !== same && { invalidation: invalidates }),
  };
}

/** The policies of all entities whose class differs in something. */
export function policiesOf(values: ClassValues): ClassPolicies {
  return new Map(
    classNames.flatMap((name) => {
      const policy = policyOf(name, values);
      return Object.keys(policy).length === 0 ? [] : classes[name].map((entity) => [entity, policy] as const);
    }),
  );
}

function isPartOf(part: TierStackName, whole: string): boolean {
  const all = tiersInOrder(whole);
  return tiersInOrder(part).every((tier) => all.includes(tier));
}

/** What the shared tier does for entries of a class that it does not keep, or null. */
function needOfShared(own: TierStackName, { protection, invalidation }: CandidateValues): string | null {
  if (protection === 'lease') return 'which gives the leases';
  const kind = Object.values<InvalidationDefinition>(invalidationKinds).find(
    ({ name }) => name === invalidation,
  );
  const isFilledFromShared = kind?.watchesOwnFills === false && tiersOf(own).local !== null;
  return isFilledFromShared ? `from which alone memory is filled with invalidation=${kind.name}` : null;
}

/** A class has no tier that the candidate has not; what is asked of a cache means nothing where there is none. */
function refusesBeside(values: ClassValues, others: CandidateValues): string | null {
  const policies = policiesOf(values);
  const { strategy = '', tiers: all = 'none' } = others;
  if (policies.size === 0) return null;
  if (all === 'none') return `${strategy} keeps nothing, so what is said of classes has no meaning for it.`;
  for (const name of classNames) {
    const own = policyOf(name, values).tiers;
    if (own === undefined) continue;
    if (!isPartOf(own, String(all))) return `"${name}-tiers=${own}" is no part of tiers=${all}.`;
    const { shared } = tierNamesOf(String(all));
    if (shared === null || tiersOf(own).shared !== null) continue;
    const reason = needOfShared(own, others);
    if (reason !== null) return `"${name}-tiers=${own}" leaves out ${shared}, ${reason}.`;
  }
  return null;
}

/**
 * A count has no policy, since it is no entry of its own: it is a part of the entry that shows it or, where counters
 * count it, of no entry.
 */
function explains(name: string): string | null {
  if (!/^(counters?|counts?|likes?)-(ttl|jitter|tiers|invalidation)$/.test(name)) return null;
  return 'Counts are no class: with counter=row, likes are a part of their photo and followers of their profile, so take photo-… or profile-…; with any other counter they are in no entry of the cache, and window, coalesce or flush-every say how late they may be.';
}

/** Policies for single classes of entries, some of which change more often than others. */
export const classesSystem: SystemDefinition<typeof axes> = {
  name: 'classes',
  summary: 'in what photos, profiles and comments are cached otherwise than everything else',
  axes,
  refuses: () => null,
  refusesBeside,
  explains,
  redisUses: () => [],
  figures: [],
};

/**
 * What a candidate may serve that a finished write has replaced: what its cache leaves possible, and what single classes do beyond that.
 * Their tiers are some of the candidate's, and make nothing else possible.
 */
export function allowedByCandidate({
  cache,
  classes,
}: {
  readonly cache: CacheSettings;
  readonly classes: ClassValues;
}): readonly Anomaly[] {
  const ofAll = allowedBy(cache);
  const isSpared = [...policiesOf(classes).values()].some(({ invalidation }) => invalidation === 'ttl');
  return isSpared && !ofAll.includes('no-invalidation') ? [...ofAll, 'no-invalidation'] : ofAll;
}

/**
 * The settings of the cache, with the longest lifetime of any class as their TTL, for what must last until every
 * entry has expired.
 */
export function withLongestLifetime({
  cache,
  classes,
}: {
  readonly cache: CacheSettings;
  readonly classes: ClassValues;
}): CacheSettings {
  const lifetimes = [...policiesOf(classes).values()].map(({ ttlMs = 0 }) => ttlMs);
  return { ...cache, ttlMs: Math.max(cache.ttlMs, ...lifetimes) };
}
