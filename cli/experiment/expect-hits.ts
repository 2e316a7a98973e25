import { predictHitRatio } from '../../loadtests/workloads/expected-hit-ratio.ts';
import type { PlannedPass } from '../../loadtests/workloads/expected-hit-ratio.ts';
import { createSocialGraph } from '../../loadtests/workloads/social-graph.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import type { HitRatios } from '../report/summarise.ts';
import type { ExperimentPlan } from './plan-experiment.ts';
import { firstRoundPass, shakedownPass, warmUpPass } from './round-plan.ts';

/** Hit ratios of ideal caches under the plan's requests, by candidate: what the achieved ones are held against. */
export function expectHits(plan: ExperimentPlan, workload: Workload): ReadonlyMap<string, HitRatios> {
  const graph = createSocialGraph(workload.population);
  const requestsOf = (seconds: number) => Math.round(plan.rate * seconds);
  const block = requestsOf(plan.settleSeconds + plan.measureSeconds);
  const passes: PlannedPass[] = [
    { pass: warmUpPass, requests: requestsOf(plan.warmUpSeconds), isMeasured: false },
    { pass: shakedownPass, requests: block, isMeasured: false },
    ...Array.from({ length: plan.rounds }, (_, index) => ({
      pass: firstRoundPass + index,
      requests: block,
      isMeasured: true,
    })),
  ];
  return new Map(
    plan.candidates.map(({ label, settings }) => {
      const { tiers, ttlMs, feedTtlMs } = settings;
      const common = { workload, graph, passes, replicas: plan.replicas, ratePerSecond: plan.rate };
      return [label, predictHitRatio({ ...common, tiers, ttlMs, feedTtlMs })] as const;
    }),
  );
}
