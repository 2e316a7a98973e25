import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import type { ClassPolicies, ClassPolicy } from '../../app/cache/settings/class-policies.ts';
import { lifetimeMsOf } from '../../app/cache/reads/lifetimes.ts';
import { tiersOf } from '../../app/cache/tiers/index.ts';
import type { Lookup } from '../../app/cache/strategy.ts';
import { ownLifetimeMsOf } from '../../app/contract/entity-lifetimes.ts';
import type { SimulationSettings } from './simulation-conditions.ts';

/** How the classes of a recording are treated. Which classes there are becomes known while it is read. */
export type ClassRules = {
  learn(classes: readonly string[]): void;
  /** How long an entry is fresh at most. `recordedMs`: what the recording says; 0 where it says nothing. */
  lifetimeMs(classNumber: number, recordedMs: number): number;
  ruleOf(classNumber: number): ClassRule;
};

/** How entries of one class are treated. */
export type ClassRule = {
  readonly ttlMs: number;
  readonly ttlJitter: number;
  readonly isKeptInMemory: boolean;
  readonly isKeptInRedis: boolean;
  /** Writes leave the entry as it is; what is removed goes all the same. */
  readonly outlivesWrites: boolean;
  /** What a strategy is told of a read. */
  readonly lookup: Lookup;
};

/**
 * The rule of a class. Some entities of the service have a lifetime of their own; all else is as the
 * candidate says of this class, or of all.
 */
function ruleOf(name: string, candidate: CacheSettings, policy: ClassPolicy = {}): ClassRule {
  const ownTtlMs = ownLifetimeMsOf(name, candidate);
  const entity = {
    name,
    loadMany: async () => new Map<never, never>(),
    freshness: ownTtlMs === null ? ('versioned' as const) : { ttlMs: ownTtlMs },
    lifetime: policy,
  };
  const { local, shared } = tiersOf(policy.tiers ?? candidate.tiers);
  return {
    ttlMs: lifetimeMsOf(entity, candidate.ttlMs),
    ttlJitter: policy.ttlJitter ?? candidate.ttlJitter,
    isKeptInMemory: local !== null,
    isKeptInRedis: shared !== null,
    outlivesWrites: policy.invalidation === 'ttl',
    lookup: { entity, id: 0, key: name },
  };
}

export function createClassRules(
  candidate: CacheSettings,
  policies: ClassPolicies,
  lifetimes: SimulationSettings['lifetimes'],
): ClassRules {
  const unknown = ruleOf('', candidate);
  const rules: ClassRule[] = [];
  const ofClass = (classNumber: number): ClassRule => rules[classNumber] ?? unknown;
  return {
    learn(classes) {
      for (const name of classes.slice(rules.length)) rules.push(ruleOf(name, candidate, policies.get(name)));
    },
    lifetimeMs(classNumber, recordedMs) {
      if (lifetimes === 'endless') return Number.POSITIVE_INFINITY;
      return lifetimes === 'recorded' && recordedMs > 0 ? recordedMs : ofClass(classNumber).ttlMs;
    },
    ruleOf: ofClass,
  };
}
