import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import { staleHitsOf } from '../experiment/cache-counts.ts';
import type { BlockRecord, CpuUs } from '../experiment/records.ts';
import type { Experiment } from '../experiment/run-experiment.ts';
import { exitCodes } from '../errors.ts';
import {
  beyondPerBlockMin,
  beyondPooledMin,
  isQuantileKnown,
  mergeHistograms,
  quantileMs,
} from '../statistics/histograms.ts';
import { roundsMin } from '../statistics/holm.ts';
import type { CandidateResult, CompareResult } from './compare-result.ts';
import { cacheWorkOf, hitRatiosOf, perRequest, total } from './cache-figures.ts';
import { compareCandidates, judgeControl } from './comparisons.ts';
import { finishedRounds } from './per-round.ts';
import type { Round } from './per-round.ts';
import { describeSpoiled } from './progress.ts';

export type HitRatios = {
  readonly memory: number | null;
  readonly redis: number | null;
  readonly all: number | null;
};

export type SummaryInput = {
  readonly plan: ExperimentPlan;
  readonly experiment: Experiment;
  readonly manifest: CompareResult['manifest'];
  /** What a replay of the requests against ideal caches predicts, by candidate. */
  readonly expectedHitRatios: ReadonlyMap<string, HitRatios>;
  /** Anomalies that each candidate's strategy allows. */
  readonly allows: ReadonlyMap<string, readonly string[]>;
  readonly requireVerdict: boolean;
  /** A store died: the experiment ended with what it had. */
  readonly failure: string | null;
  /** Of each candidate, the slowest first; none where nothing was traced. */
  readonly slowTraces: CompareResult['slowTraces'];
};

type Ending = {
  readonly status: CompareResult['status'];
  readonly exitCode: number;
  readonly withheldReason: string | null;
};

const endings = {
  service: { status: 'service-failed', exitCode: exitCodes.serviceFailed },
  generator: { status: 'generator-saturated', exitCode: exitCodes.generatorSaturated },
  machine: { status: 'too-noisy', exitCode: exitCodes.tooNoisy },
} as const;

/**
 * Whose fault it is that rounds could not be finished. A machine that is busy with others makes a generator late: when both
 * spoke up, the machine is at fault.
 */
function spoiler(blocks: readonly BlockRecord[]): keyof typeof endings {
  const findings = blocks.flatMap((block) => (block.round > 0 ? block.findings : []));
  const faults = new Set(findings.filter(({ kind }) => kind === 'hard').map(({ fault }) => fault));
  return faults.has('machine') ? 'machine' : 'generator';
}

function endingOf(input: SummaryInput, controlPassed: boolean | null): Ending {
  const { experiment, failure } = input;
  if (failure !== null) return { ...endings.service, withheldReason: failure };
  if (experiment.ended === 'interrupted') {
    return {
      status: 'interrupted',
      exitCode: exitCodes.interrupted,
      withheldReason: 'the run was interrupted',
    };
  }
  if (experiment.ended === 'gave-up' || experiment.ended === 'noisy') {
    const fault = experiment.ended === 'gave-up' ? 'service' : spoiler(experiment.blocks);
    const reason = {
      service: 'the service failed',
      generator: 'the load generator could not keep to its schedule',
      machine: 'the machine was too noisy',
    };
    return { ...endings[fault], withheldReason: reason[fault] };
  }
  if (controlPassed === false) {
    return { ...endings.machine, withheldReason: 'the baseline differs from itself (A/A′)' };
  }
  return { status: 'ok', exitCode: exitCodes.ok, withheldReason: null };
}

/** Makes the result of an experiment: headline figures, comparisons, and whether they may be believed. */
export function summarise(input: SummaryInput): CompareResult {
  const { plan, experiment } = input;
  const labels = plan.candidates.map(({ label }) => label);
  const rounds = finishedRounds(experiment.blocks, labels, { withSpoiled: experiment.ended === 'noisy' });
  const controlLabel = plan.candidates.find(({ role }) => role === 'control')?.label ?? '';
  const control = judgeControl(rounds, [controlLabel, plan.baseline], plan.primary);
  const ending = endingOf(input, control.passed);
  const comparisons = compareCandidates({
    rounds,
    baseline: plan.baseline,
    candidates: plan.candidates.filter(({ role }) => role === 'candidate').map(({ label }) => label),
    primary: plan.primary,
    seed: plan.seed,
    withheldReason: ending.withheldReason,
  });
  const isOpen = comparisons.some(({ role, verdict }) => role === 'primary' && verdict === 'inconclusive');
  const needsVerdict = input.requireVerdict && isOpen && ending.status === 'ok';
  return {
    schemaVersion: 1,
    status: needsVerdict ? 'inconclusive' : ending.status,
    exitCode: needsVerdict ? exitCodes.inconclusive : ending.exitCode,
    manifest: input.manifest,
    candidates: plan.candidates.map((candidate) => summariseCandidate(input, candidate, rounds)),
    blocks: experiment.blocks.map(toBlockResult),
    control,
    comparisons,
    warmUps: experiment.warmUpCurves.map(({ candidate, seconds }) => ({ candidate, seconds: [...seconds] })),
    slowTraces: [...input.slowTraces],
    notes: notesOf(input, rounds),
  };
}

function latencyOf(block: BlockRecord): CandidateResult['latencyMs'] {
  const count = block.responseTimeUs?.totalCount ?? 0;
  const at = (q: number) =>
    isQuantileKnown(count, q, beyondPerBlockMin) ? quantileMs(block.responseTimeUs, q) : null;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function toBlockResult(block: BlockRecord): CompareResult['blocks'][number] {
  return {
    round: block.round,
    attempt: block.attempt,
    slot: block.slot,
    candidate: block.candidate,
    status: block.status,
    offered: block.offered,
    started: block.started,
    dropped: block.dropped,
    requests: block.requests,
    errors: block.errors,
    reasons: block.findings.map((finding) => `${finding.guard}: ${finding.message}`),
    latencyMs: latencyOf(block),
    cache: block.cache === null ? null : { ...block.cache, staleHits: staleHitsOf(block.cache) },
    cacheWork: block.cacheWork,
    servedRequests: block.servedRequests,
    storageQueries: block.storageQueries,
    cpuUs: block.cpuUs,
  };
}

function summariseCandidate(
  { expectedHitRatios, allows }: SummaryInput,
  { label, role, settings }: ExperimentPlan['candidates'][number],
  rounds: readonly Round[],
): CandidateResult {
  const blocks = rounds.flatMap((round) => round.get(label) ?? []);
  const pooled = mergeHistograms(blocks.flatMap(({ responseTimeUs }) => responseTimeUs ?? []));
  const at = (q: number) =>
    isQuantileKnown(pooled.totalCount, q, beyondPooledMin) ? quantileMs(pooled, q) : null;
  const cpu = (part: keyof CpuUs) => perRequest(blocks, ({ cpuUs }) => cpuUs[part]);
  return {
    name: label,
    role,
    config: { ...settings },
    allows: [...(allows.get(label) ?? [])],
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    ...hitRatiosOf(blocks, settings.tiers),
    expectedHitRatio: expectedHitRatios.get(label) ?? { memory: null, redis: null, all: null },
    cacheWorkPerRequest: cacheWorkOf(blocks),
    storageQueriesPerRequest: perRequest(blocks, ({ storageQueries }) => storageQueries),
    cpuUsPerRequest: {
      service: cpu('service'),
      postgres: cpu('postgres'),
      redis: cpu('redis'),
      driver: cpu('driver'),
    },
    requests: total(blocks, (block) => block.requests) ?? 0,
    errors: total(blocks, (block) => block.errors) ?? 0,
  };
}

/** What the reader must know beside the figures. */
function notesOf(
  { plan, experiment, manifest, failure, expectedHitRatios }: SummaryInput,
  rounds: readonly Round[],
): string[] {
  const notes: string[] = [];
  const counted = rounds.flatMap((round) => [...round.values()]);
  const comparisons = plan.candidates.filter(({ role }) => role === 'candidate').length;
  if (failure !== null) notes.push(`${failure}; the figures are of the ${rounds.length} rounds before.`);
  if (rounds.length < roundsMin(comparisons)) {
    notes.push(
      `${rounds.length} finished ${rounds.length === 1 ? 'round' : 'rounds'} cannot tell ${comparisons} candidates from the baseline at 5 %: that takes ${roundsMin(comparisons)}.`,
    );
  }
  const spoiled = Map.groupBy(
    experiment.blocks.filter(({ status }) => status === 'invalid'),
    (block) => `round ${block.round}, try ${block.attempt}`,
  );
  const isShown = experiment.ended === 'noisy';
  for (const [name, blocks] of spoiled)
    notes.push(`${isShown ? 'Spoiled' : 'Not counted'}: ${name}: ${describeSpoiled(blocks)}.`);
  if (isShown)
    notes.push('The figures above include the last try of each spoiled round: they show, but prove nothing.');
  const unsteady = counted.filter(({ status }) => status === 'unsteady').length;
  if (unsteady > 0)
    notes.push(`Not steady: ${unsteady} of ${counted.length} blocks drifted while they were measured.`);
  if (counted.length > 0 && plan.candidates.some(({ settings }) => settings.tiers !== 'none')) {
    const expired = total(counted, (block) => block.expiredEntries);
    const evicted = total(counted, (block) => block.evictedEntries);
    if (expired === 0) notes.push('Not exercised: no entry of a memory tier expired while it was measured.');
    if (evicted === 0) notes.push('Not exercised: nothing was evicted for room.');
  }
  const unpredicted = plan.candidates.filter(({ label }) => expectedHitRatios.get(label)?.all === null);
  if (unpredicted.length > 0) {
    const labels = unpredicted.map(({ label }) => label).join(', ');
    notes.push(
      `Not predicted: the hit ratio of ${labels}; the prediction does not replay what decides over it.`,
    );
  }
  if (manifest.machine.unavailable.length > 0)
    notes.push(`Not offered by this machine: ${manifest.machine.unavailable.join(', ')}.`);
  return notes;
}
