import { execFileSync } from 'node:child_process';
import { arch, platform, release, totalmem } from 'node:os';
import { readEnvironment } from '../environment.ts';
import type { K6Binary } from '../stack/k6-binary.ts';
import { readMachine, readMachineKind } from '../stack/cpu-accounting.ts';
import type { CompareResult } from './compare-result.ts';
import type { Experiment } from '../experiment/experiment.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';

type Manifest = CompareResult['manifest'];

/** Figures that guards and tables would like to have and this machine does not offer. */
function unavailableFigures(): string[] {
  const machine = readMachine();
  const figures = {
    'CPU time stolen by the host': machine.stealUs,
    'CPU pressure (PSI)': machine.cpuPressurePct,
    'CPU quota of the container': machine.throttledPeriods,
  };
  return Object.entries(figures).flatMap(([name, value]) => (value === null ? [name] : []));
}

function git(checkout: string, args: readonly string[]): string | null {
  try {
    return execFileSync('git', ['-C', checkout, ...args], {
      encoding: 'utf8',
      // In a hook of git's, GIT_DIR names the repository that the hook is of.
      env: readEnvironment().ofTools,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

function describeGit(checkout: string): Manifest['git'] {
  const commit = git(checkout, ['rev-parse', 'HEAD']);
  const changes = git(checkout, ['status', '--porcelain']);
  return { commit, isDirty: changes === null ? null : changes !== '' };
}

const sourceOfRate = ({ replay, isRateGiven }: ExperimentPlan) => {
  if (replay !== undefined) return 'recording';
  return isRateGiven ? 'flag' : 'default';
};

export type RunFacts = {
  readonly plan: ExperimentPlan;
  readonly experiment: Pick<Experiment, 'rounds' | 'order' | 'parts' | 'stoppedBecause'>;
  readonly workloadHash: string;
  readonly k6: K6Binary;
  readonly versions: { readonly darkroom: string; readonly postgres: string; readonly redis: string | null };
  readonly checkout: string;
  readonly startedAt: Date;
};

/** Everything that someone needs to judge or repeat a run. */
export function describeRun(facts: RunFacts): Manifest {
  const { plan, experiment } = facts;
  return {
    seed: plan.seed,
    workloadHash: facts.workloadHash,
    scenario: plan.replay?.title ?? plan.scenario,
    profile: plan.profile,
    rate: { perSecond: plan.rate, source: sourceOfRate(plan) },
    isBeyondLimit: plan.isBeyondLimit,
    primary: plan.primary,
    baseline: plan.baseline,
    pacing: plan.pacing,
    rounds: plan.pacing === 'together' ? experiment.rounds.length : (plan.rounds ?? 0),
    parts: experiment.parts,
    precisionPct: plan.precisionPct,
    timeLimitSeconds: plan.timeLimitSeconds,
    stoppedBecause: experiment.stoppedBecause,
    replicas: plan.replicas,
    telemetry: plan.telemetry,
    order: experiment.order.map((round) => [...round]),
    driver: { name: 'k6', version: facts.k6.version },
    versions: { ...facts.versions, node: process.version },
    machine: {
      platform: `${platform()}-${arch()}`,
      kernel: release(),
      ...readMachineKind(),
      memoryBytes: totalmem(),
      unavailable: unavailableFigures(),
    },
    git: describeGit(facts.checkout),
    people: plan.people,
    photos: plan.photos,
    followers: plan.followers,
    arrivals: 'poisson',
    settleSeconds: plan.settleSeconds,
    measureSeconds: plan.measureSeconds,
    warmUpSeconds: plan.warmUpSeconds,
    warmUpRequests: plan.pacing === 'together' ? plan.warmUpRequests : null,
    startedAt: facts.startedAt.toISOString(),
  };
}
