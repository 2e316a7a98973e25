import { displacementWidthMs } from '../../../loadtests/workloads/arrivals.ts';
import type { LoadTargets, RunSettings, ScheduledPass } from '../../../loadtests/workloads/run-settings.ts';
import { scenarios } from '../../../loadtests/workloads/scenario-list.ts';
import type { ExperimentPlan } from '../plan-experiment.ts';
import type { BlockRecord, RoundRecord } from '../records.ts';
import { firstRoundPass, settlePassOf, warmUpPassOf } from '../round-plan.ts';
import type { Experiment } from '../experiment.ts';
import { droppedShareMax } from '../guards.ts';
import { roundsMin } from '../../statistics/spread-of-rounds.ts';
import type { StopDecision } from '../../statistics/stopping-rule.ts';
import { createRecord } from './experiment-record.ts';
import { measureIdle } from './idle-cpu.ts';
import { pauseSeconds, runRounds } from './rounds-of-part.ts';
import type { PartDriver, RoundResult } from './rounds-of-part.ts';
import { warmUpFactorMax, warmUpTogether } from './warm-up-together.ts';
import type { WarmUpDriver } from './warm-up-together.ts';

/** A bound on what is planned, whatever the limit of time. */
const roundsMax = 400;
/** Every virtual user gets its turn within two seconds and the width of the displacement: then all connections are open. */
const settleReserveSeconds = 1.5;
/**
 * Virtual users that warm the worlds up: each sends its next request when the last one is answered. With two per core the
 * machine is busy, and no queue grows.
 */
const warmUpUsersPerCore = 2;

/** What an experiment together is run with. */
export type TogetherParts = {
  readonly sources: PartDriver['sources'];
  readonly signal: AbortSignal;
  readonly wait: (ms: number) => Promise<void>;
  readonly targets: () => LoadTargets;
  readonly cores: number;
  readonly restart: (part: number) => Promise<void>;
  readonly drive: (
    settings: RunSettings,
    onRow: Parameters<PartDriver['drive']>[0],
    enough: AbortSignal,
  ) => ReturnType<PartDriver['drive']>;
  readonly viewersOf?: NonNullable<PartDriver['viewersOf']>;
  readonly onRequest: PartDriver['onRequest'];
  readonly onPhase: (text: string) => void;
  readonly onBegin: (round: number) => void;
  /** Told of the experiment so far, and of the blocks that have just ended. */
  readonly onRound: (soFar: Experiment, blocks: readonly BlockRecord[]) => void;
  /** Once the connections of a part are open, and before its first round: it has a second. */
  readonly onSettled?: NonNullable<PartDriver['onSettled']>;
  /** Whether the rounds so far are enough. */
  readonly decide: (soFar: SoFar) => StopDecision;
};

/** How far an experiment is. */
export type SoFar = {
  readonly blocks: readonly BlockRecord[];
  readonly rounds: readonly RoundRecord[];
  readonly part: number;
  readonly secondsUsed: number;
  readonly secondsPerRound: number;
};

/**
 * How many rounds a part has. A fixed number is shared out evenly; otherwise all parts but the last have the
 * fewest that are needed, and the last one (null) goes on until the verdicts are decided.
 */
function roundsOfPart(plan: ExperimentPlan, part: number): number | null {
  if (plan.rounds === null) return part < plan.parts ? roundsMin : null;
  const before = Math.floor((plan.rounds * (part - 1)) / plan.parts);
  return Math.floor((plan.rounds * part) / plan.parts) - before;
}

/**
 * Measures all worlds at the same moments. Each part: the processes are started anew, warmed together until their code is hot,
 * then rounds in which every request goes to every world.
 */
export async function runTogether(plan: ExperimentPlan, parts: TogetherParts): Promise<Experiment> {
  const record = createRecord(
    parts.sources.worlds.map(({ label }) => label),
    parts.cores,
  );
  const startedAtMs = parts.sources.clock.now();
  const secondsUsed = (): number => (parts.sources.clock.now() - startedAtMs) / 1000;
  for (let part = 1; part <= plan.parts; part += 1) {
    if (part > 1) {
      parts.onPhase(`Starting all processes anew for part ${part} of ${plan.parts} ...`);
      await parts.restart(part);
    }
    const ended = await runPart({ plan, parts, record, secondsUsed }, part);
    if (ended !== null) return ended;
  }
  return record.ended('complete', plan.rounds === null ? null : 'rounds');
}

type Running = {
  readonly plan: ExperimentPlan;
  readonly parts: TogetherParts;
  readonly record: ReturnType<typeof createRecord>;
  readonly secondsUsed: () => number;
};

/** Warms up and runs the rounds of one part. Returns the experiment when it has ended with it, otherwise null. */
async function runPart(
  { plan, parts, record, secondsUsed }: Running,
  part: number,
): Promise<Experiment | null> {
  record.partBegan();
  const warmedUp = await warmUpPart(plan, parts, part);
  record.warmed(part, warmedUp);
  if (parts.signal.aborted) return record.ended('interrupted', null);
  if (warmedUp.failure !== null) return record.ended('generator', null, warmedUp.failure);
  const idle = await measureIdle(parts.sources, parts.wait);
  if (parts.signal.aborted) return record.ended('interrupted', null);
  record.idled(part, idle);
  const count = roundsOfPart(plan, part);
  const firstRound = record.rounds.length + 1;
  const settings = roundSettings(plan, parts, { firstRound, part, count });
  const secondsPerRound = plan.measureSeconds + pauseSeconds(placesPerSecond(plan));
  const decided: { last: StopDecision } = { last: { stop: false } };
  const onRound = (result: RoundResult): boolean => {
    const inPart = record.rounds.length + 1 - firstRound;
    if (inPart === 0) record.settled(settings.passes[0] as ScheduledPass, result.startMs, plan.rate);
    record.measured(result, settings.passes[inPart + 1] as ScheduledPass);
    parts.onRound(record.ended('interrupted', null), result.blocks);
    const { blocks, rounds } = record;
    decided.last = parts.decide({ blocks, rounds, part, secondsUsed: secondsUsed(), secondsPerRound });
    if (record.isBroken(plan) !== null) return false;
    return !decided.last.stop && (count === null || inPart + 1 < count);
  };
  const failure = await runRounds(
    { part, firstRound, settings, idle },
    { ...parts, onRound, drive: (onRow, enough) => parts.drive(settings, onRow, enough) },
  );
  if (parts.signal.aborted) return record.ended('interrupted', null);
  const broken = record.isBroken(plan);
  if (broken !== null) return record.ended(broken, null);
  if (failure !== null) return record.ended('generator', null, failure);
  return decided.last.stop ? record.ended('complete', decided.last.because) : null;
}

function warmUpPart(plan: ExperimentPlan, parts: TogetherParts, part: number) {
  const pass = warmUpPassOf(part);
  const wanted = plan.warmUpRequests * plan.replicas;
  const requests = wanted * warmUpFactorMax;
  const settings: RunSettings = {
    ...commonSettings(plan, parts),
    passes: [{ pass, first: 0, requests, pauseRequests: 0 }],
    closedLoopUsers: warmUpUsersPerCore * parts.cores,
  };
  parts.onPhase(`Warming up all worlds together until their code is hot (${wanted} requests each) ...`);
  const driver: WarmUpDriver = {
    worlds: parts.sources.worlds,
    settings,
    requestsMin: wanted,
    secondsMin: plan.warmUpSeconds,
    secondsMax: warmUpLimitSeconds(plan),
    now: parts.sources.clock.now,
    wait: parts.wait,
    signal: parts.signal,
    drive: (onRow, enough) => parts.drive(settings, onRow, enough).ended,
    onStep: createWarmUpProgress(wanted, parts),
  };
  return warmUpTogether(driver).then((warmedUp) => ({ ...warmedUp, pass }));
}

/** Of the time limit, at most this share is spent on warming up. */
const warmUpShareMax = 0.4;

function warmUpLimitSeconds({ timeLimitSeconds, parts, warmUpSeconds }: ExperimentPlan): number | null {
  if (timeLimitSeconds === null) return null;
  return Math.max(warmUpSeconds, (warmUpShareMax * timeLimitSeconds) / parts);
}

/** A line for each quarter of the way, with how long the rest takes at this pace. */
function createWarmUpProgress(
  wanted: number,
  { onPhase, sources: { clock } }: TogetherParts,
): (sent: number) => void {
  const startedMs = clock.now();
  let quarters = 0;
  return (sent) => {
    const passed = Math.floor((4 * sent) / Math.max(1, wanted));
    const leftSeconds = (((clock.now() - startedMs) / 1000) * (wanted - sent)) / Math.max(1, sent);
    const left = sent >= wanted ? '' : `, about ${Math.ceil(leftSeconds)} s left`;
    if (passed > quarters) onPhase(`  ${sent} of at least ${wanted} requests${left}`);
    quarters = Math.max(quarters, passed);
  };
}

function commonSettings(plan: ExperimentPlan, { targets }: TogetherParts) {
  return {
    seed: plan.seed,
    people: plan.people,
    photos: plan.photos,
    followers: plan.followers,
    mix: scenarios[plan.scenario].mix,
    ...targets(),
    ratePerSecond: placesPerSecond(plan),
    ...(plan.replay !== undefined && { peakRatePerSecond: plan.replay.peakRate }),
    arrivals: 'poisson',
  } as const;
}

/** Places of the schedule in a second, of each world: as many as requests, unless they are to come unevenly. */
const placesPerSecond = ({ rate, replay }: ExperimentPlan): number => replay?.placesPerSecond ?? rate;

/**
 * The pass before the first round: requests at the rate of the rounds, then a pause. For a replay the pause
 * is a second longer, since caches are emptied in it.
 */
function settlePass(plan: ExperimentPlan, seconds: number) {
  const places = placesPerSecond(plan);
  const pauseRequests = Math.ceil(places * (pauseSeconds(places) + (plan.replay === undefined ? 0 : 1)));
  const requests = Math.ceil(plan.rate * seconds);
  if (plan.replay === undefined) return { requests, pauseRequests };
  const placesPerStretch = Math.ceil(places * seconds);
  return { requests, pauseRequests, spread: { placesPerStretch, requests: [requests] } };
}

/** A settle pass, then as many rounds as may be wanted, each followed by a pause. */
function roundSettings(
  plan: ExperimentPlan,
  parts: TogetherParts,
  { firstRound, part, count }: { firstRound: number; part: number; count: number | null },
): RunSettings {
  const common = commonSettings(plan, parts);
  const places = placesPerSecond(plan);
  const pauseRequests = Math.ceil(places * pauseSeconds(places));
  const secondsPerRound = plan.measureSeconds + pauseRequests / places;
  const rounds = Math.min(
    roundsMax,
    count ?? Math.max(roundsMin, Math.ceil((plan.timeLimitSeconds ?? 0) / secondsPerRound)),
  );
  const settleSeconds = 2 + displacementWidthMs(places) / 1000 + settleReserveSeconds;
  const passes: ScheduledPass[] = [
    { ...settlePass(plan, settleSeconds), pass: settlePassOf(part), first: 0 },
    ...Array.from({ length: rounds }, (_, index) => ({
      ...(plan.replay?.rounds[index] ?? { first: 0, requests: Math.round(plan.rate * plan.measureSeconds) }),
      pass: firstRoundPass + firstRound - 1 + index,
      pauseRequests,
    })),
  ];
  // Spare arrivals take the place of dropped ones: as many as may be dropped while connections are opened,
  // and before the generator counts as saturated.
  const spareSeconds = settleSeconds + droppedShareMax * 2 * rounds * plan.measureSeconds;
  const spareArrivals = Math.ceil(places * plan.candidates.length * spareSeconds);
  return { ...common, passes, spareArrivals };
}
