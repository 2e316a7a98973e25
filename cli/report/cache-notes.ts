import { askedSystems } from '../../app/candidates/system-values.ts';
import type { ExperimentPlan, PlannedCandidate } from '../experiment/plan-experiment.ts';
import { sumOf } from '../figures/figure-values.ts';
import { evictionsIn } from '../worlds/cache-counts.ts';
import { asksCaches } from './asks-caches.ts';
import type { HitRatios } from './measured-results.ts';
import type { Round } from './per-round.ts';

/** With fewer lifetimes, most entries that ever expired did so once or twice: what expiry costs is hardly in the figures. */
const lifetimesMin = 3;

function cachingOf({ candidates }: ExperimentPlan): PlannedCandidate[] {
  return candidates.filter(({ role, candidate }) => role !== 'control' && candidate.cache.tiers !== 'none');
}

/** How many of its TTLs each candidate lived; those that lived as many are named together. */
function describeLifetimes(plan: ExperimentPlan, livedSeconds: number | null): string[] {
  if (livedSeconds === null) return [];
  const byTtl = Map.groupBy(cachingOf(plan), ({ candidate }) => candidate.cache.ttlMs / 1_000);
  return [...byTtl].map(([ttlSeconds, own]) => {
    const lifetimes = livedSeconds / ttlSeconds;
    const names = own.map(({ label }) => label).join(', ');
    const doubt = lifetimes < lifetimesMin ? ': expiry hardly exercised' : '';
    const whose = own.length === 1 ? 'its' : 'their';
    return `TTL: ${names} lived ${lifetimes.toFixed(1)} × ${whose} ttl of ${ttlSeconds} s${doubt}.`;
  });
}

/** Where candidates differ by how feeds come about: what caches them hides most of the time until a post is seen. */
function describeFeedLifetimes(plan: ExperimentPlan): string[] {
  if (!plan.candidates.some(({ candidate }) => askedSystems(candidate).includes('feeds'))) return [];
  const byTtl = Map.groupBy(cachingOf(plan), ({ candidate }) => candidate.cache.feedTtlMs / 1_000);
  return [...byTtl].map(([seconds, own]) => {
    const names = own.map(({ label }) => label).join(', ');
    return `Posts are seen late because caches keep feeds: ${names} for feed-ttl=${seconds}s. With a small one, or no-cache, what is left is how feeds come about.`;
  });
}

function describeUnexercised(plan: ExperimentPlan, rounds: readonly Round[]): string[] {
  const counted = rounds.flatMap((round) => [...round.values()]);
  if (counted.length === 0 || cachingOf(plan).length === 0) return [];
  const expired = sumOf(counted, ({ counts }) => (counts === null ? null : evictionsIn(counts).expired));
  const evicted = sumOf(counted, ({ counts }) => (counts === null ? null : evictionsIn(counts).evicted));
  return [
    ...(expired === 0 ? ['Not exercised: no entry of a memory tier expired while it was measured.'] : []),
    ...(evicted === 0 ? ['Not exercised: nothing was evicted for room.'] : []),
  ];
}

function describeUnpredicted(
  { candidates }: ExperimentPlan,
  expectedHitRatios: ReadonlyMap<string, HitRatios>,
): string[] {
  const labels = candidates
    .map(({ label }) => label)
    .filter((label) => expectedHitRatios.get(label)?.all === null);
  if (labels.length === 0) return [];
  return [
    `Not predicted: the hit ratio of ${labels.join(', ')}; the prediction does not replay what decides over it.`,
  ];
}

/** What the caches were not asked to show, and for which load their hit ratios hold. */
export function describeCaches(
  plan: ExperimentPlan,
  rounds: readonly Round[],
  livedSeconds: number | null,
  expectedHitRatios: ReadonlyMap<string, HitRatios>,
): string[] {
  if (!asksCaches(plan.scenario)) return [];
  const hasFigures = rounds.length > 0 && cachingOf(plan).length > 0;
  return [
    ...(hasFigures
      ? [`Hit ratios hold at this rate: ${plan.rate} requests/s per candidate, of ${plan.people} people.`]
      : []),
    ...(hasFigures ? describeLifetimes(plan, livedSeconds) : []),
    ...(hasFigures ? describeFeedLifetimes(plan) : []),
    ...describeUnexercised(plan, rounds),
    ...describeUnpredicted(plan, expectedHitRatios),
  ];
}
