import type { Candidate } from '../../app/cache/candidates/candidate.ts';
import { formatCandidate, parseCandidate } from '../../app/cache/candidates/parse-candidate.ts';
import type { TelemetryModeName } from '../../app/contract/telemetry-modes.ts';
import { DarkroomError } from '../../app/errors.ts';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import type { ScenarioName } from '../../loadtests/workloads/scenario-list.ts';
import { CommandError } from '../errors.ts';
import { oneOf } from '../one-of.ts';
import { roundsMin } from '../statistics/holm.ts';
import { profiles } from './profiles.ts';
import type { Profile, ProfileName } from './profiles.ts';
import type { CandidateRole, PrimaryMetric } from './records.ts';

/** What the command line gave. */
export type CompareOptions = {
  readonly scenario: string;
  readonly profile: string;
  readonly rate: number;
  readonly rounds?: number;
  readonly measure?: number;
  readonly warmUp?: number;
  readonly people?: number;
  readonly photos?: number;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
  readonly baseline?: string;
  readonly primary?: PrimaryMetric;
  readonly json?: string;
  readonly requireVerdict?: boolean;
  /** Whether a Prometheus watches it. */
  readonly watch?: boolean;
  /** Whether the rate was named, or is the default. */
  readonly isRateGiven?: boolean;
};

export type PlannedCandidate = {
  /** As the user wrote it; the control's has a prime mark. */
  readonly label: string;
  readonly role: CandidateRole;
  /** Canonical text, what the service is started with. */
  readonly text: string;
  readonly settings: Candidate;
};

export type ExperimentPlan = Profile & {
  readonly scenario: ScenarioName;
  readonly profile: ProfileName;
  readonly rate: number;
  readonly replicas: number;
  readonly seed: number;
  readonly telemetry: TelemetryModeName;
  readonly baseline: string;
  readonly candidates: readonly PlannedCandidate[];
};

const defaultCandidates = ['no-cache', 'cache-aside', 'versioned'] as const;
const defaultBaseline = 'no-cache';

/** Each candidate is a world of processes; beyond this a machine measures itself. */
const candidatesMax = 8;

/** Parses a candidate for the command line: what is wrong with it is the user's to mend. */
export function readCandidate(text: string): Candidate {
  try {
    return parseCandidate(text);
  } catch (error) {
    if (!(error instanceof DarkroomError)) throw error;
    throw new CommandError('usage', error.message, { remedy: 'See: darkroom list strategies', cause: error });
  }
}

function chooseBaseline(texts: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined) return wanted;
  return texts.length === 1 || texts.includes(defaultBaseline) ? defaultBaseline : (texts[0] as string);
}

/** The candidates with their roles: the baseline first, the others as given, the control last. */
export function planCandidates(
  given: readonly string[],
  wantedBaseline: string | undefined,
): PlannedCandidate[] {
  const texts = given.length === 0 ? [...defaultCandidates] : [...given];
  const baseline = chooseBaseline(texts, wantedBaseline);
  const others = texts.filter((text) => text !== baseline);
  const planned = [baseline, ...others].map((label): PlannedCandidate => {
    const settings = readCandidate(label);
    const role = label === baseline ? 'baseline' : 'candidate';
    return { label, role, text: formatCandidate(settings), settings };
  });
  const seen = new Map<string, string>();
  for (const { label, text } of planned) {
    const twin = seen.get(text);
    if (twin !== undefined) {
      throw new CommandError('usage', `"${twin}" and "${label}" are the same candidate: ${text}.`, {
        remedy: 'Name each candidate once; the baseline is run twice by itself.',
      });
    }
    seen.set(text, label);
  }
  if (others.length === 0) {
    throw new CommandError('usage', `"${baseline}" alone leaves nothing to compare.`, {
      remedy: 'Name another candidate; see: darkroom list strategies',
    });
  }
  if (planned.length > candidatesMax) {
    throw new CommandError('usage', `${planned.length} candidates are too many: at most ${candidatesMax}.`);
  }
  const [first] = planned as [PlannedCandidate, ...PlannedCandidate[]];
  return [...planned, { ...first, label: `${first.label}′`, role: 'control' }];
}

/** A profile's rounds, or more where it takes more to tell that many candidates from the baseline. */
function roundsFor(profile: Profile, candidates: readonly PlannedCandidate[]): number {
  const comparisons = candidates.filter(({ role }) => role === 'candidate').length;
  return Math.max(profile.rounds, roundsMin(comparisons));
}

/** Decides everything about an experiment before anything starts. Throws a usage error that says what is valid. */
export function planExperiment(given: readonly string[], options: CompareOptions): ExperimentPlan {
  const scenario = oneOf('scenario', options.scenario, Object.keys(scenarios) as ScenarioName[]);
  const profileName = oneOf('profile', options.profile, Object.keys(profiles) as ProfileName[]);
  const candidates = planCandidates(given, options.baseline);
  const profile: Profile = profiles[profileName];
  return {
    scenario,
    profile: profileName,
    rate: options.rate,
    replicas: options.replicas,
    seed: options.seed,
    telemetry: options.telemetry,
    baseline: candidates[0]?.label ?? defaultBaseline,
    candidates,
    rounds: options.rounds ?? roundsFor(profile, candidates),
    settleSeconds: profile.settleSeconds,
    measureSeconds: options.measure ?? profile.measureSeconds,
    warmUpSeconds: options.warmUp ?? profile.warmUpSeconds,
    people: options.people ?? profile.people,
    photos: options.photos ?? profile.photos,
    primary: options.primary ?? profile.primary,
  };
}
