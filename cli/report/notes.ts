import { isSpoiledForAll } from '../experiment/whose-fault.ts';
import type { ExperimentPlan } from '../experiment/plan-experiment.ts';
import type { Experiment, SentPass } from '../experiment/experiment.ts';
import { isWarmUpPass } from '../experiment/round-plan.ts';
import { describeUnexercisedAxes } from './axis-notes.ts';
import { describeCaches } from './cache-notes.ts';
import { describeDeletions } from './deletion-notes.ts';
import { countOf } from '../figures/counts.ts';
import { sumOf } from '../figures/figure-values.ts';
import { servedRequests } from '../figures/taken-counters.ts';
import type { CandidateResult, CompareResult } from './compare-result.ts';
import { describeMachine } from './machine-notes.ts';
import type { HitRatios } from './measured-results.ts';
import type { Round } from './per-round.ts';
import { describeSpoiled, formatDuration } from './progress.ts';
import { describeWorkload } from './workload-notes.ts';

export type NotesInput = {
  readonly plan: ExperimentPlan;
  readonly experiment: Experiment;
  readonly manifest: CompareResult['manifest'];
  /** What a replay of the requests against ideal caches predicts, by candidate. */
  readonly expectedHitRatios: ReadonlyMap<string, HitRatios>;
  /** From the first warm-up request to the end of the last round; null where nobody knows. */
  readonly livedSeconds: number | null;
  /** A store died: the experiment ended with what it had. */
  readonly failure: string | null;
};

const counted = (rounds: number): string => `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;

/** What ended it, where that was not the number of rounds that was asked for. */
function describeEnd({ plan, experiment, failure }: NotesInput, rounds: number): string[] {
  if (failure !== null) return [`${failure}; the figures are of the ${counted(rounds)} before.`];
  const after = `Stopped after ${counted(rounds)}`;
  switch (experiment.stoppedBecause) {
    case 'precision':
      return [`${after}: the intervals are as narrow as was wanted, or a quarter of their effects.`];
    case 'no-gain':
      return [`${after}: ten more would hardly have narrowed the intervals.`];
    case 'time-limit':
      return [
        `${after}: another did not fit into ${formatDuration(plan.timeLimitSeconds ?? 0)} (--time-limit).`,
      ];
    default:
      return [];
  }
}

/** Processes that had fewer requests than it takes for V8 to compile what is hot. */
function describeColdCode({ plan, experiment }: NotesInput): string[] {
  if (plan.pacing === 'turns' || plan.timeLimitSeconds === null) return [];
  const least = Math.min(...experiment.sent.filter(isWarmUp).map(({ requests }) => requests));
  const perReplica = Math.floor(least / plan.replicas);
  if (!Number.isFinite(least) || perReplica >= plan.warmUpRequests) return [];
  return [
    `Code may not be hot: each replica had ${perReplica} requests of the ${plan.warmUpRequests} wanted before the rounds began (the machine was busy, or --time-limit is short).`,
  ];
}

/**
 * With this many worlds at once the known spread may be too small: it was measured with four, and so many
 * have differed by three times as much (decision 25), since each gets fewer requests.
 */
const manyWorlds = 6;

function describeManyWorlds({ plan }: NotesInput): string[] {
  const worlds = plan.candidates.length;
  if (plan.pacing === 'turns' || worlds < manyWorlds || plan.parts > 1) return [];
  const remedy = plan.replay === undefined ? 'Further starts (--parts 2) or fewer' : 'Fewer';
  return [
    `What starts differ by is known for 4 worlds at once, and these are ${worlds}: on two cores intervals may be too narrow. ${remedy} candidates lessen that doubt.`,
  ];
}

const isWarmUp = ({ isMeasured, pass }: SentPass): boolean => !isMeasured && isWarmUpPass(pass);

/** Together: the rounds that are in no figure. */
function describeLeftOutRounds({ experiment }: NotesInput): string[] {
  const spoiled = experiment.blocks.filter(isSpoiledForAll);
  return [...Map.groupBy(spoiled, ({ round }) => round)].map(
    ([round, blocks]) => `Not counted: round ${round}: ${describeSpoiled(blocks)}.`,
  );
}

/** In turns: the rounds that were run again, or shown though they prove nothing. */
function describeSpoiledRounds(input: NotesInput): string[] {
  const { plan, experiment } = input;
  if (plan.pacing === 'together') return describeLeftOutRounds(input);
  const spoiled = Map.groupBy(
    experiment.blocks.filter(({ status }) => status === 'invalid'),
    (block) => `round ${block.round}, try ${block.attempt}`,
  );
  const isShown = experiment.ended === 'noisy';
  const notes = [...spoiled].map(
    ([name, blocks]) => `${isShown ? 'Spoiled' : 'Not counted'}: ${name}: ${describeSpoiled(blocks)}.`,
  );
  if (isShown)
    notes.push('The figures above include the last try of each spoiled round: they show, but prove nothing.');
  return notes;
}

/** What the rate was too much for, where that is a result. */
function describeOverloaded({ manifest }: NotesInput, candidates: readonly CandidateResult[]): string[] {
  return candidates.flatMap(({ name, role, overloadedRounds, requests, errors }) =>
    overloadedRounds === 0 || role === 'control'
      ? []
      : [
          `Beyond its limit: ${name} did not carry ${manifest.rate.perSecond} requests/s in ${counted(overloadedRounds)}; of ${requests} answers in all rounds ${errors} were none that was wanted.`,
        ],
  );
}

/** What a dead edge would have cost, had its viewers not asked the service itself. */
function describePastEdges(candidates: readonly CandidateResult[]): string[] {
  return candidates.flatMap(({ name, requests, pastEdge }) =>
    pastEdge === 0
      ? []
      : [
          `Past a dead edge: ${pastEdge} of ${requests} requests to ${name} were refused by its edge or broken off, and sent again to a replica, as browsers do. Their times hold both attempts.`,
        ],
  );
}

function describeUnsteady(rounds: readonly Round[]): string[] {
  const blocks = rounds.flatMap((round) => [...round.values()]);
  const unsteady = blocks.filter(({ status }) => status === 'unsteady').length;
  if (unsteady === 0) return [];
  return [`Not steady: ${unsteady} of ${blocks.length} blocks drifted while they were measured.`];
}

const wholeOrUnknown = (value: number | null): string => (value === null ? 'n/a' : value.toFixed(0));

/** The CPU that is not in the figures of the candidates: what they use without load, and what belongs to none of them. */
function describeLeftOutCpu(
  { experiment }: NotesInput,
  rounds: readonly Round[],
  candidates: readonly CandidateResult[],
): string[] {
  const idle = candidates
    .filter(({ role }) => role !== 'control')
    .map(({ name, idleCpuUsPerSecond: { service, postgres, redis } }) => ({
      name,
      figures: [service, postgres, redis],
    }))
    .filter(({ figures }) => figures.some((figure) => figure !== null))
    .map(({ name, figures }) => `${name} ${figures.map(wholeOrUnknown).join(' / ')}`);
  const shared = experiment.rounds.reduce<number | null>((sum, { machine }) => {
    const { sharedPostgresCpuUs: own } = machine;
    return sum === null || own === null ? null : sum + own;
  }, 0);
  const served = sumOf(
    rounds.flatMap((round) => [...round.values()]),
    ({ counts }) => (counts === null ? null : countOf(counts, servedRequests)),
  );
  const isSharedKnown = experiment.rounds.length > 0 && shared !== null && served !== null && served > 0;
  return [
    ...(idle.length === 0
      ? []
      : [`Taken off: CPU used without load, µs/s app/pg/redis: ${idle.join('; ')}.`]),
    ...(isSharedKnown
      ? [
          `In no candidate's figures: CPU of PostgreSQL that belongs to none of them (checkpointer, WAL), ${(shared / served).toFixed(0)} µs per request.`,
        ]
      : []),
  ];
}

/** What the reader must know beside the figures. */
export function notesOf(
  input: NotesInput,
  rounds: readonly Round[],
  candidates: readonly CandidateResult[],
): string[] {
  const { plan, experiment, manifest } = input;
  const { unavailable } = manifest.machine;
  return [
    ...describeEnd(input, rounds.length),
    ...describeColdCode(input),
    ...describeManyWorlds(input),
    ...describeMachine(experiment.rounds),
    ...describeSpoiledRounds(input),
    ...describeOverloaded(input, candidates),
    ...describePastEdges(candidates),
    ...describeUnsteady(rounds),
    ...describeLeftOutCpu(input, rounds, candidates),
    ...describeWorkload(plan),
    ...describeUnexercisedAxes(plan),
    ...describeCaches(plan, rounds, input.livedSeconds, input.expectedHitRatios),
    ...describeDeletions(plan),
    ...(unavailable.length === 0 ? [] : [`Not offered by this machine: ${unavailable.join(', ')}.`]),
  ];
}
