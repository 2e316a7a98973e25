import { availableParallelism } from 'node:os';
import { configOf } from '../../app/candidates/format-candidate.ts';
import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import type { FollowerDistribution } from '../../loadtests/workloads/population-size.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { Scenario, ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { CommandError } from '../errors.ts';
import { oneOf } from '../one-of.ts';
import { requireBoundedMemory } from './limits-of-plan.ts';
import { requireAnswered } from './answered-scenario.ts';
import { noCandidates } from './candidates-file.ts';
import type { CandidateTexts } from './candidates-file.ts';
import { isSameCandidate, readNamed, requireFewDistinct } from './named-candidates.ts';
import type { NamedCandidate } from './named-candidates.ts';
import type { PlannedReplay } from './planned-replay.ts';
import { profiles } from './profiles.ts';
import type { Profile, ProfileName } from './profiles.ts';
import { figuresOf } from './figures-of-plan.ts';
import { figureNamed, figures } from '../figures/figure-list.ts';
import { usualPrimary } from '../figures/response-figures.ts';
import { divisorOf } from '../figures/taken-counters.ts';
import type { CandidateRole, Pacing } from './records.ts';

/** What the command line gave. */
export type CompareOptions = {
  readonly scenario: string;
  readonly profile: string;
  /** Per world; absent: as much as the machine has room for. */
  readonly rate?: number;
  readonly pacing: Pacing;
  readonly rounds?: number;
  readonly measure?: number;
  readonly warmUp?: number;
  readonly warmUpRequests?: number;
  readonly precision?: number;
  readonly timeLimit?: number;
  readonly parts?: number;
  readonly keepRaw?: boolean;
  readonly beyondLimit?: boolean;
  readonly people?: number;
  readonly photos?: number;
  /** Absent: heavy. */
  readonly followers?: FollowerDistribution;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
  /** Of a file, beside those of the command line. Absent: there is none. */
  readonly named?: CandidateTexts;
  readonly baseline?: string;
  readonly primary?: string;
  readonly json?: string;
  readonly requireVerdict?: boolean;
  /** Whether a Prometheus watches it. */
  readonly watch?: boolean;
};

/** The control's label has a prime mark. */
export type PlannedCandidate = NamedCandidate & {
  readonly role: CandidateRole;
  /** Extra work that the lab plants in its replicas, to see whether it is found. */
  readonly slowdown?: string;
};

export type ExperimentPlan = Pick<Profile, 'people' | 'photos' | 'parts' | 'precisionPct'> & {
  readonly scenario: ScenarioName;
  readonly profile: ProfileName;
  readonly pacing: Pacing;
  /** Name of the figure that verdicts rest on. */
  readonly primary: string;
  /** Requests per second and world. */
  readonly rate: number;
  readonly isRateGiven: boolean;
  /** In turns: the rate may be more than a candidate carries. That one does not is then a result, and no failure. */
  readonly isBeyondLimit: boolean;
  /** Null: until the verdicts are precise enough. */
  readonly rounds: number | null;
  /** From the first request of the warm-up on; null: the number of rounds is the only bound. */
  readonly timeLimitSeconds: number | null;
  /** In turns only: the unmeasured start of a block. */
  readonly settleSeconds: number;
  /** Of a round together, or of a block. */
  readonly measureSeconds: number;
  /** At least. */
  readonly warmUpSeconds: number;
  /** Together, for each replica: at least, unless the machine is so busy that it would leave no time for rounds. */
  readonly warmUpRequests: number;
  readonly replicas: number;
  readonly seed: number;
  readonly followers: FollowerDistribution;
  readonly telemetry: TelemetryModeName;
  readonly baseline: string;
  readonly candidates: readonly PlannedCandidate[];
  /** Absent: requests are drawn, as the scenario says. */
  readonly replay?: PlannedReplay;
};

const defaultCandidates = ['no-cache', 'cache-aside', 'versioned'] as const;
const defaultBaseline = 'no-cache';

/** Each candidate is a world of processes; beyond this a machine measures itself. */
const candidatesMax = 8;

/**
 * Where the baseline stands among the candidates; -1: it does not. One that was asked for by name may stand there in another
 * spelling.
 */
function placeOf(
  baseline: NamedCandidate,
  candidates: readonly NamedCandidate[],
  isAskedFor: boolean,
): number {
  const place = candidates.findIndex(({ label }) => label === baseline.label);
  if (place >= 0 || !isAskedFor) return place;
  return candidates.findIndex((one) => isSameCandidate(one, baseline));
}

function chooseBaseline(texts: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined) return wanted;
  return texts.length === 1 || texts.includes(defaultBaseline) ? defaultBaseline : (texts[0] as string);
}

/** The candidates with their roles: the baseline first, the others as given, the control last. */
export function planCandidates(
  given: readonly string[],
  wantedBaseline: string | undefined,
  replicas = 1,
  named: CandidateTexts = noCandidates,
): PlannedCandidate[] {
  const asked = [...given, ...named.keys()];
  const texts = asked.length === 0 ? [...defaultCandidates] : asked;
  const candidates = texts.map((text) => readNamed(text, replicas, named));
  const baselineText = chooseBaseline(texts, wantedBaseline);
  const baseline =
    candidates.find(({ label }) => label === baselineText) ?? readNamed(baselineText, replicas);
  const place = placeOf(baseline, candidates, wantedBaseline !== undefined);
  const others = place < 0 ? candidates : candidates.toSpliced(place, 1);
  const planned: readonly PlannedCandidate[] = [
    { ...baseline, role: 'baseline' },
    ...others.map((one) => ({ ...one, role: 'candidate' as const })),
  ];
  requireFewDistinct(planned, candidatesMax);
  if (others.length === 0) {
    throw new CommandError('usage', `"${baseline.label}" alone leaves nothing to compare.`, {
      remedy: 'Name another candidate; see: darkroom list strategies',
    });
  }
  return [...planned, { ...baseline, label: `${baseline.label}′`, role: 'control' }];
}

/**
 * Together, the worlds share the machine: each of its cores has room for 150 requests per second over all
 * worlds, with k6 driving them from the same cores. In turns each world has the machine for itself.
 */
export function defaultRate(pacing: Pacing, worlds: number, replicas: number, cores: number): number {
  const room = requestsPerSecondAndCore * cores;
  const perWorld = pacing === 'together' ? room / worlds : room;
  return Math.max(1, Math.floor(Math.min(perWorld, ratePerReplicaMax * replicas)));
}

const requestsPerSecondAndCore = 150;
const ratePerReplicaMax = 100;
/**
 * V8 compiles the last hot functions of the service after some 3,000 to 5,000 requests; before that one measures an
 * interpreter.
 */
const hotRequestsPerReplica = 4_000;

/** What means something only where all worlds are measured at the same moments. */
function refuseInTurns(options: CompareOptions, { onlyTogether }: Scenario): void {
  if (onlyTogether !== undefined)
    throw new CommandError(
      'usage',
      `The scenario ${options.scenario} cannot be measured in turns, since ${onlyTogether}.`,
      { remedy: 'Leave out --pacing turns.' },
    );
  const { precision, timeLimit, parts, warmUpRequests, keepRaw } = options;
  const given = { precision, 'time-limit': timeLimit, parts, 'warm-up-requests': warmUpRequests };
  const named = Object.entries({ ...given, 'keep-raw': keepRaw || undefined }).filter(
    ([, value]) => value !== undefined,
  );
  if (named.length === 0) return;
  const names = named.map(([name]) => `--${name}`).join(', ');
  throw new CommandError('usage', `In turns there is no ${names}.`, {
    remedy:
      'Leave it out, or leave out --pacing turns. In turns, --rounds and --measure say how long it takes.',
  });
}

/** Together, a world that is asked for more than it carries takes the machine from the others. */
function refuseBeyondLimit(): void {
  throw new CommandError('usage', 'Together no candidate can be driven beyond its limit alone.', {
    remedy: 'Add --pacing turns, in which each has the machine for itself; or leave out --beyond-limit.',
  });
}

/**
 * A figure of a system that no candidate asks for would be compared between those that do the same; one that a candidate does not
 * have, or that is made of what nobody counts, would not be compared at all.
 */
function requireMeasured(
  primary: string,
  candidates: readonly PlannedCandidate[],
  telemetry: TelemetryModeName,
): void {
  const figure = figureNamed(primary);
  if (!figuresOf({ candidates }).some(({ name }) => name === primary))
    throw new CommandError('usage', `No candidate asks for ${figure.system}, whose figure ${primary} is.`, {
      remedy: 'Name a candidate that does, or another --primary; see: darkroom list axes',
    });
  const without = candidates.find(({ candidate }) => figure.appliesTo?.(configOf(candidate)) === false);
  if (without !== undefined)
    throw new CommandError('usage', `"${without.label}" has no ${primary}, so nothing compares with it.`, {
      remedy:
        'Name candidates and a --baseline that have it, or another --primary; see: darkroom list figures',
    });
  const isCounted = 'counter' in figure.from || divisorOf(figure.per) !== null;
  if (isCounted && !telemetryModes[telemetry].metrics)
    throw new CommandError(
      'usage',
      `With --telemetry ${telemetry} nothing is counted, and so no ${primary}.`,
      {
        remedy: 'Name another mode, or a figure of response times as --primary; see: darkroom list figures',
      },
    );
}

/** Decides everything about an experiment before anything starts. Throws a usage error that says what is valid. */
export function planExperiment(
  given: readonly string[],
  options: CompareOptions,
  cores: number = availableParallelism(),
): ExperimentPlan {
  const scenario = oneOf('scenario', options.scenario, Object.keys(scenarios) as ScenarioName[]);
  const profileName = oneOf('profile', options.profile, Object.keys(profiles) as ProfileName[]);
  const primary = oneOf(
    'figure',
    options.primary ?? usualPrimary,
    figures.map(({ name }) => name),
  );
  const { pacing, replicas } = options;
  const candidates = planCandidates(given, options.baseline, replicas, options.named);
  const profile: Profile = profiles[profileName];
  const { turns } = profile;
  const isTogether = pacing === 'together';
  if (!isTogether) refuseInTurns(options, scenarios[scenario]);
  else if (options.beyondLimit === true) refuseBeyondLimit();
  requireAnswered(scenario, candidates);
  requireMeasured(primary, candidates, options.telemetry);
  const plan: ExperimentPlan = {
    scenario,
    profile: profileName,
    pacing,
    rate: options.rate ?? defaultRate(pacing, candidates.length, replicas, cores),
    isRateGiven: options.rate !== undefined,
    isBeyondLimit: options.beyondLimit === true,
    replicas,
    seed: options.seed,
    telemetry: options.telemetry,
    baseline: candidates[0]?.label ?? defaultBaseline,
    candidates,
    primary,
    // A part without a round would warm up for nothing.
    parts: isTogether ? Math.min(options.parts ?? profile.parts, options.rounds ?? Infinity) : 1,
    // A profile asks for percent, which says nothing of a figure that is compared by differences.
    precisionPct:
      options.precision ??
      (isTogether && figureNamed(primary).scale === 'ratio' ? profile.precisionPct : null),
    timeLimitSeconds:
      options.timeLimit ?? (isTogether && options.rounds === undefined ? profile.timeLimitSeconds : null),
    rounds: options.rounds ?? (isTogether ? null : turns.rounds),
    settleSeconds: turns.settleSeconds,
    measureSeconds: options.measure ?? (isTogether ? profile.roundSeconds : turns.measureSeconds),
    warmUpSeconds: options.warmUp ?? (isTogether ? 0 : turns.warmUpSeconds),
    warmUpRequests: options.warmUpRequests ?? hotRequestsPerReplica,
    people: options.people ?? profile.people,
    photos: options.photos ?? profile.photos,
    followers: options.followers ?? 'heavy',
  };
  requireBoundedMemory(plan);
  return plan;
}
