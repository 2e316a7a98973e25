import { basename } from 'node:path';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import type { PlannedRequest, Workload } from '../../loadtests/workloads/workload.ts';
import { planCandidates, planExperiment } from '../experiment/plan-experiment.ts';
import type { CompareOptions, ExperimentPlan } from '../experiment/plan-experiment.ts';
import { profiles } from '../experiment/profiles.ts';
import { describeSample, describeTiming, describeUnsent } from './describe-replay.ts';
import { describeLosses } from './loss-of-replay.ts';
import { planRounds } from './plan-rounds.ts';
import { identifiersOf, populationOfReplay } from './population-of-replay.ts';
import type { PopulationWanted } from './population-of-replay.ts';
import type { RecordedLoad } from './read-load.ts';
import type { ReplayedPart } from './predict-replay.ts';
import { createRecordedWorkload } from './recorded-workload.ts';
import { requireSendable, requireShortWarmUp, requireSome } from './refuse-replay.ts';
import { createRequestMaker } from './requests-of-recording.ts';
import { areWholeSeconds, spreadSeconds } from './spread-seconds.ts';
import { sampleObjects } from './sample-objects.ts';

/** What the command line gave. */
export type ReplayOptions = Pick<
  CompareOptions,
  | 'replicas'
  | 'telemetry'
  | 'baseline'
  | 'primary'
  | 'json'
  | 'requireVerdict'
  | 'keepRaw'
  | 'watch'
  | 'warmUpRequests'
> & {
  readonly population: PopulationWanted;
  /** How many times as fast as it was recorded. */
  readonly speed: number;
  /** The longest that the rounds may take, seconds. */
  readonly timeLimit: number;
  /** Length of a round, seconds. */
  readonly measure?: number;
  readonly sample?: boolean;
};

/** A replay as an experiment, and what it sends. */
export type PlannedReplayRun = {
  readonly plan: ExperimentPlan;
  readonly workload: Workload;
  readonly part: ReplayedPart;
};

/** Decides everything about a replay before anything starts. */
export function planReplay(
  file: string,
  load: RecordedLoad,
  given: readonly string[],
  options: ReplayOptions,
): PlannedReplayRun {
  const sampled = options.sample === true ? sampleOf(load, options) : { load, share: 1 };
  const size = populationOfReplay(sampled.load, options.population);
  const { requests, timesMs, losses } = requestsOf(sampled.load, size, options.speed);
  requireSome(timesMs, load);
  const candidates = planCandidates(given, options.baseline, options.replicas);
  const worlds = candidates.length;
  requireSendable(timesMs, { speed: options.speed, worlds });
  const roundSeconds = options.measure ?? profiles.demo.roundSeconds;
  const rounds = planRounds(timesMs, { roundSeconds, worlds });
  const replay = {
    title: `a replay of ${basename(file)}`,
    rounds: rounds.rounds,
    placesPerSecond: rounds.placesPerSecond,
    peakRate: rounds.peakRate,
    notes: [
      ...describeTiming(load, rounds, options.speed),
      ...describeSample(sampled.share),
      ...losses,
      ...describeUnsent(candidates),
    ],
  };
  const { population: _, speed: __, timeLimit: ___, sample: ____, ...common } = options;
  const plan = planExperiment(given, {
    ...common,
    ...size,
    scenario: 'feed-browsing',
    profile: 'demo',
    pacing: 'together',
    rate: Number(rounds.rate.toPrecision(3)),
    rounds: rounds.rounds.length,
    measure: Number((rounds.seconds / rounds.rounds.length).toPrecision(3)),
    parts: 1,
  });
  requireShortWarmUp(plan);
  const part = {
    untilUs: sampled.load.requests.at(-1)?.timeUs ?? 0,
    speed: options.speed,
    isAsRecorded: sampled.share === 1 && !load.isForeign,
    isForeign: load.isForeign,
    isWhole: load.cutBy === null,
    recordedSeconds: ((timesMs.at(-1) ?? 0) * options.speed) / 1000,
    recordedCandidate: load.isForeign ? null : (load.meta.candidate ?? null),
  };
  return { plan: { ...plan, replay }, workload: createRecordedWorkload(size, requests), part };
}

/** All that is left of a load when only as many objects are asked for as there are photos. */
function sampleOf(load: RecordedLoad, { population }: ReplayOptions) {
  const photos = population.photos ?? profiles.demo.photos;
  const { requests, share } = sampleObjects(load.requests, photos);
  return { load: { ...load, requests }, share };
}

function requestsOf(load: RecordedLoad, size: PopulationSize, speed: number) {
  const maker = createRequestMaker(size, identifiersOf(load), load.isForeign);
  const requests: PlannedRequest[] = [];
  const timesUs: number[] = [];
  for (const recorded of load.requests) {
    const request = maker.requestOf(recorded);
    if (request === null) continue;
    requests.push(request);
    timesUs.push(recorded.timeUs);
  }
  const isSpread = load.isForeign && areWholeSeconds(timesUs);
  const times = isSpread ? spreadSeconds(timesUs) : timesUs;
  const [firstUs = 0] = times;
  return {
    requests,
    timesMs: Float64Array.from(times, (us) => (us - firstUs) / 1000 / speed),
    losses: describeLosses(maker.losses(), {
      ...{ requests: requests.length, people: size.people, isForeign: load.isForeign, isSpread },
    }),
  };
}
