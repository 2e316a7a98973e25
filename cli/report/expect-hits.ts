import { invalidationKinds } from '../../app/cache/invalidation/index.ts';
import { defaultParameters } from '../../app/cache/settings/cache-axes.ts';
import type { CacheSettings } from '../../app/cache/settings/cache-axes.ts';
import { ofEachTier, tierNamesOf, tiersOf } from '../../app/cache/tiers/index.ts';
import type { TierName } from '../../app/cache/tiers/index.ts';
import { policiesOf } from '../../app/classes/system.ts';
import { predictHitRatio } from '../../loadtests/workloads/expected-hit-ratio.ts';
import type { HitRatios as PredictedRatios } from '../../loadtests/workloads/expected-hit-ratio.ts';
import { createSocialGraph } from '../../loadtests/workloads/social-graph.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import { unknownHitRatios } from './measured-results.ts';
import type { HitRatios } from './measured-results.ts';
import type { SentPass } from '../experiment/experiment.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';

/**
 * Strategies that do what the prediction replays: a miss fills, a write removes, an entry answers until its TTL ends. One that
 * is not named here is not predicted, rather than predicted wrongly.
 */
const replayed: ReadonlySet<string> = new Set([
  'no-cache',
  'cache-aside',
  'cache-aside-delete-first',
  'read-through',
  'stale-if-error',
  'early-expiration',
  'lease',
  'versioned',
  'client-tracking',
  'change-stream',
]);

/** Whether the prediction knows what decides over this candidate's hits: it replays tiers without a bound. */
function isPredicted(settings: CacheSettings): boolean {
  const { strategy, tiers, invalidation, eviction, memoryBytes, redisMemoryBytes, negativeTtlMs, promotion } =
    settings;
  if (tiers === 'none') return true;
  // Without messages another replica's memory keeps what a write has changed.
  const isRemovedEverywhere =
    invalidationKinds[invalidation].connect !== null || tiersOf(tiers).local === null;
  const isUnbounded =
    eviction === defaultParameters.eviction &&
    memoryBytes >= defaultParameters.memoryBytes &&
    redisMemoryBytes >= defaultParameters.redisMemoryBytes;
  const keepsWhatItLoads = promotion === 'always' && negativeTtlMs === 0;
  return replayed.has(strategy) && isRemovedEverywhere && isUnbounded && keepsWhatItLoads;
}

/**
 * The part of a prediction that holds. Where a fill does not go to both tiers, nobody knows which tier answers, but only how many reads
 * hit. A tier that the candidate does not have answers nothing.
 */
function knownPart({ tiers, invalidation }: CacheSettings, predicted: PredictedRatios): HitRatios {
  const { all } = predicted;
  if (!invalidationKinds[invalidation].watchesOwnFills) return { ...unknownHitRatios, all };
  const { local, shared } = tierNamesOf(tiers);
  const ratioOf = (tier: TierName): number => {
    if (tier === local) return predicted.memory;
    return tier === shared ? predicted.redis : 0;
  };
  return { ...ofEachTier(ratioOf), all };
}

/** The prediction knows a tier in each process and one for all, as memory and redis, whatever their kinds are. */
function idealTiersOf({ tiers }: CacheSettings): 'none' | 'memory' | 'redis' | 'memory+redis' {
  const { local, shared } = tiersOf(tiers);
  if (local === null) return shared === null ? 'none' : 'redis';
  return shared === null ? 'memory' : 'memory+redis';
}

/**
 * Hit ratios of ideal caches under the requests as they were sent, by candidate: what the achieved ones are held against. Null where
 * they cannot be known.
 */
export function expectHits(
  plan: ExperimentPlan,
  workload: Workload,
  sent: readonly SentPass[],
): ReadonlyMap<string, HitRatios> {
  const graph = createSocialGraph(workload.population);
  const common = { workload, graph, passes: sent, replicas: plan.replicas };
  return new Map(
    plan.candidates.map(({ label, candidate: { cache: settings, classes, counters } }) => {
      if (!isPredicted(settings) || policiesOf(classes).size > 0) return [label, unknownHitRatios] as const;
      const asked = {
        ...common,
        tiers: idealTiersOf(settings),
        ttlMs: settings.ttlMs,
        ownLifetimes: settings,
        areCountsApart: counters.counter !== 'row',
      };
      return [label, knownPart(settings, predictHitRatio(asked))] as const;
    }),
  );
}
