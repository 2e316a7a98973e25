import { availableParallelism } from 'node:os';
import { readCandidate } from '../experiment/named-candidates.ts';
import { defaultRate, planExperiment } from '../experiment/plan-experiment.ts';
import type { CompareOptions, ExperimentPlan, PlannedCandidate } from '../experiment/plan-experiment.ts';
import type { RealPlan, RealWorld } from './real-experiment.ts';

/** What `compare` takes when nothing is said. */
const defaults = {
  scenario: 'feed-browsing',
  profile: 'demo',
  replicas: 2,
  telemetry: 'metrics',
} as const satisfies Partial<CompareOptions>;

function planWorld({ name, candidate, slowdown }: RealWorld, index: number): PlannedCandidate {
  return {
    label: name,
    role: index === 0 ? 'baseline' : 'candidate',
    candidate: readCandidate(candidate, defaults.replicas),
    ...(slowdown !== undefined && { slowdown }),
  };
}

/** An experiment as `compare` would run it by default, but in worlds that may be identical, and without a control. */
export function planReal(
  { worlds, pacing, rounds, roundSeconds, seed }: RealPlan,
  cores: number = availableParallelism(),
): ExperimentPlan {
  const candidates = worlds.map(planWorld);
  const plan = planExperiment([], {
    ...defaults,
    pacing,
    seed,
    // In turns no two worlds ever answer the same request at the same moment.
    primary: pacing === 'together' ? 'request' : 'p50',
    ...(rounds !== null && { rounds }),
    ...(roundSeconds !== undefined && { measure: roundSeconds }),
  });
  return {
    ...plan,
    candidates,
    baseline: candidates[0]?.label ?? '',
    rate: defaultRate(pacing, candidates.length, plan.replicas, cores),
  };
}
