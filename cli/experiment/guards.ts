import { serviceKindName } from '../../app/contract/process-kind.ts';
import { combineCounts } from '../figures/counts.ts';
import { answersOf, describeRefusals, tierCommandsIn, tierDuties } from '../worlds/cache-counts.ts';
import type { CacheCounts, TierCommands } from '../worlds/cache-counts.ts';
import type { ProcessName } from '../worlds/world-process.ts';
import { failedShareMax } from '../k6/pass-timings.ts';
import { unseen } from './observations.ts';
import type {
  BlockObservation,
  GeneratorObservation,
  LoadObservation,
  WorldObservation,
} from './observations.ts';
import type { BlockRecord, GuardFinding } from './records.ts';

/**
 * What a guard judges. In turns: a block. Together: a world in one round, a candidate over all of its rounds, and the experiment
 * over all rounds of everybody. And the run of `darkroom load`.
 */
type Judged = 'block' | 'world' | 'candidate' | 'experiment' | 'load';

type Guard = {
  readonly guard: string;
  readonly fault: GuardFinding['fault'];
  readonly appliesTo: readonly Judged[];
  /** The finding's kind and words, or null when the guard has nothing to say. */
  readonly find: (seen: BlockObservation) => readonly [GuardFinding['kind'], string] | null;
};

/** Together, dropped arrivals are missing in every world alike: up to this share the rounds still compare them fairly. */
export const droppedShareMax = 0.05;
/**
 * The share of commands that a tier may refuse. With more, it does not do what the candidate says of it. A
 * moment in which it stands still on a busy machine stays below that: the breaker refuses commands for one
 * second only.
 */
const refusedShareMax = 0.1;
/**
 * The share of the requests planned for a round that must be answered while it is under way. A generator that
 * stands still for long sends the others after the round is over; what was measured is then not the round
 * that was planned.
 */
const heardShareMin = 0.5;

const pct = (share: number): string => `${(share * 100).toFixed(1)} %`;

function judgeShare(share: number | null, warnAbove: number, refuseAbove: number, what: string) {
  if (share === null || share <= warnAbove) return null;
  const kind = share > refuseAbove ? ('hard' as const) : ('soft' as const);
  return [kind, `${what} took ${pct(share)} of the machine (limit ${pct(refuseAbove)})`] as const;
}

const isReplica = ({ kindName }: ProcessName): boolean => kindName === serviceKindName;

/** Guards of processes that died: nothing that comes after mends that. */
export const lossGuards: ReadonlySet<string> = new Set(['replica-lost', 'process-lost']);

/** Each cache read is counted once by whoever answered it: how many were not. */
function unansweredReads(cache: CacheCounts): number {
  return cache.reads - answersOf(cache);
}

/** What a tier refused more of than it may, in words, or null. */
function judgeTier(tier: TierCommands): string | null {
  const neglected = tierDuties.filter(({ sent, refused }) => tier[refused] > refusedShareMax * tier[sent]);
  if (neglected.length === 0) return null;
  return `${describeRefusals(tier, neglected, ' and ')} (limit ${pct(refusedShareMax)})`;
}

/**
 * All guards. Together, only what a world does itself withholds its verdict: what the machine does, it does to all of them. In
 * turns it happens to one block, which then cannot be compared with the others.
 */
const guards: readonly Guard[] = [
  {
    guard: 'driver-failed',
    fault: 'generator',
    appliesTo: ['block', 'load'],
    find: ({ driverFailure }) => (driverFailure === null ? null : ['hard', driverFailure]),
  },
  {
    guard: 'replica-lost',
    fault: 'service',
    appliesTo: ['block', 'world'],
    find: ({ lostProcesses }) => {
      const names = lostProcesses.filter(isReplica).map(({ name }) => name);
      return names.length === 0 ? null : ['hard', `replica ${names.join(', ')} died`];
    },
  },
  {
    guard: 'process-lost',
    fault: 'service',
    appliesTo: ['block', 'world'],
    find: ({ lostProcesses }) => {
      const others = lostProcesses.filter((lost) => !isReplica(lost));
      const names = others.map(({ kindName, name }) => `${kindName} ${name}`);
      return names.length === 0 ? null : ['hard', `${names.join(', ')} died`];
    },
  },
  {
    guard: 'errors',
    fault: 'service',
    appliesTo: ['block', 'world', 'candidate', 'load'],
    find: ({ requests, errors }) =>
      errors > failedShareMax * requests
        ? ['hard', `${errors} of ${requests} requests failed (limit ${100 * failedShareMax} %)`]
        : null,
  },
  {
    guard: 'tier-refused',
    fault: 'service',
    appliesTo: ['block', 'world', 'candidate', 'load'],
    find: ({ tier }) => {
      const message = tier === null ? null : judgeTier(tier);
      return message === null ? null : ['hard', message];
    },
  },
  {
    guard: 'cache-identity',
    fault: 'service',
    appliesTo: ['block', 'world'],
    find: ({ cache }) =>
      cache !== null && unansweredReads(cache) !== 0
        ? ['hard', `${unansweredReads(cache)} cache reads were not counted by the part that answered them`]
        : null,
  },
  {
    guard: 'request-identity',
    fault: 'service',
    appliesTo: ['block', 'world'],
    // A request that failed may or may not have been counted, since nobody knows how far it came. The same is
    // true of one that a dying edge broke off.
    find: ({ unaccounted, errors, pastEdge }) =>
      unaccounted !== null && Math.abs(unaccounted) > errors + pastEdge
        ? [
            'hard',
            unaccounted > 0
              ? `${unaccounted} requests were counted by no layer that may have answered them`
              : `${-unaccounted} requests were counted that no viewer sent`,
          ]
        : null,
  },
  {
    guard: 'request-account',
    fault: 'machine',
    appliesTo: ['world'],
    find: ({ isAccountMissing }) =>
      isAccountMissing
        ? ['soft', 'requests were under way when counters were read: who answered is not told of this round']
        : null,
  },
  {
    guard: 'late-settling',
    fault: 'machine',
    appliesTo: ['world'],
    find: ({ settledLateMs }) =>
      settledLateMs > 0
        ? [
            'hard',
            `what comes before the round, such as emptying caches, took ${Math.ceil(settledLateMs)} ms of it`,
          ]
        : null,
  },
  {
    guard: 'hardly-sent',
    fault: 'generator',
    appliesTo: ['world'],
    find: ({ requests, planned }) =>
      requests < heardShareMin * planned
        ? ['hard', `only ${requests} of ${planned} requests were answered while the round was under way`]
        : null,
  },
  {
    guard: 'dropped-arrivals',
    fault: 'generator',
    appliesTo: ['block', 'load'],
    find: ({ dropped }) => (dropped === 0 ? null : ['hard', `${dropped} arrivals were dropped`]),
  },
  {
    guard: 'dropped-share',
    fault: 'generator',
    appliesTo: ['experiment'],
    find: ({ dropped, offered }) =>
      dropped > droppedShareMax * offered
        ? ['hard', `${dropped} of ${offered} arrivals were dropped (limit ${pct(droppedShareMax)})`]
        : null,
  },
  {
    guard: 'offered-rate',
    fault: 'generator',
    appliesTo: ['block'],
    find: (seen) =>
      seen.offered > 0 && seen.started / seen.offered < 0.995
        ? ['hard', `only ${seen.started} of ${seen.offered} requests were started`]
        : null,
  },
  {
    guard: 'busy-vus',
    fault: 'generator',
    appliesTo: ['block'],
    find: (seen) =>
      seen.peakBusyVus !== null && seen.peakBusyVus > 0.8 * seen.configuredVus
        ? [
            'hard',
            `${seen.peakBusyVus} of ${seen.configuredVus} virtual users were busy at once (limit 80 %)`,
          ]
        : null,
  },
  {
    guard: 'scheduling-lag',
    fault: 'generator',
    appliesTo: ['block'],
    find: (seen) => {
      const limitMs = Math.max(5, 0.1 * (seen.p99Ms ?? 0));
      return seen.latenessP99Ms !== null && seen.latenessP99Ms > limitMs
        ? [
            'soft',
            `requests started ${seen.latenessP99Ms.toFixed(1)} ms late (limit ${limitMs.toFixed(1)} ms)`,
          ]
        : null;
    },
  },
  {
    guard: 'driver-cpu',
    fault: 'generator',
    appliesTo: ['block', 'experiment'],
    find: (seen) =>
      seen.driverCpuShare !== null && seen.driverCpuShare > 0.8
        ? ['hard', `k6 used ${pct(seen.driverCpuShare)} of the cores it may use (limit 80 %)`]
        : null,
  },
  {
    guard: 'foreign-cpu',
    fault: 'machine',
    appliesTo: ['block'],
    find: (seen) => judgeShare(seen.foreignCpuShare, 0.1, 0.25, 'other programs'),
  },
  {
    guard: 'steal',
    fault: 'machine',
    appliesTo: ['block'],
    find: (seen) => judgeShare(seen.stealShare, 0.01, 0.05, "the machine's host"),
  },
  {
    guard: 'cpu-pressure',
    fault: 'machine',
    appliesTo: ['block'],
    find: (seen) =>
      seen.cpuPressurePct !== null && seen.cpuPressurePct > 40
        ? ['soft', `CPU pressure was ${seen.cpuPressurePct.toFixed(0)} %`]
        : null,
  },
  {
    guard: 'cpu-quota',
    fault: 'machine',
    appliesTo: ['block'],
    find: (seen) =>
      seen.throttledPeriods !== null && seen.throttledPeriods > 0
        ? ['soft', `the CPU quota throttled ${seen.throttledPeriods} periods`]
        : null,
  },
  {
    guard: 'clock-jump',
    fault: 'machine',
    appliesTo: ['block'],
    find: (seen) =>
      seen.clockDisagreementMs > 100
        ? ['hard', `wall clock and monotonic clock moved ${seen.clockDisagreementMs.toFixed(0)} ms apart`]
        : null,
  },
];

/**
 * What speaks up when a world does not carry the rate that it is asked for: requests fail, or their answers come so late that the
 * generator has nobody left to send the next ones.
 */
const ofOverload: ReadonlySet<string> = new Set(['errors', 'dropped-arrivals', 'offered-rate', 'busy-vus']);

/** Whether a block is spoiled by nothing but the rate. */
export function isOverload(findings: readonly GuardFinding[]): boolean {
  const hard = findings.filter(({ kind }) => kind === 'hard');
  return hard.length > 0 && hard.every(({ guard }) => ofOverload.has(guard));
}

function findingsOf(judged: Judged, seen: Partial<BlockObservation>): GuardFinding[] {
  const all = { ...unseen, ...seen };
  return guards.flatMap((guard) => {
    const finding = guard.appliesTo.includes(judged) ? guard.find(all) : null;
    if (finding === null) return [];
    const [kind, message] = finding;
    return [{ guard: guard.guard, kind, fault: guard.fault, message }];
  });
}

/** All that the guards have to say about a block in turns. One hard finding makes it invalid. */
export function judgeBlock(seen: BlockObservation): GuardFinding[] {
  return findingsOf('block', seen);
}

/** All that the guards have to say about a world in a round together: what it met in it counts for no verdict. */
export function judgeWorld(seen: WorldObservation): GuardFinding[] {
  return findingsOf('world', seen);
}

/** Whether the generator could do what it was asked for: if not, the figures would say more of it than of the service. */
export function judgeGenerator(seen: GeneratorObservation): GuardFinding[] {
  return findingsOf('experiment', seen);
}

/** What went wrong with a load, the worst first. */
export function judgeLoad(seen: LoadObservation): GuardFinding[] {
  return findingsOf('load', seen);
}

/**
 * Guards that judge what the service does in each round, and not all rounds of a candidate anew: their findings are never outweighed by
 * other rounds.
 */
const lasting: ReadonlySet<string> = new Set(
  guards
    .filter(
      ({ appliesTo, fault }) =>
        fault === 'service' && appliesTo.includes('world') && !appliesTo.includes('candidate'),
    )
    .map(({ guard }) => guard),
);

/**
 * What stands against a candidate's verdict after these rounds together; null for nothing. One bad moment of the machine does
 * not: what can be counted over all rounds is.
 */
export function judgeCandidate(blocks: readonly BlockRecord[]): GuardFinding | null {
  const sum = (count: (block: BlockRecord) => number): number =>
    blocks.reduce((all, block) => all + count(block), 0);
  const counted = blocks.reduce((all, { counts }) => combineCounts(all, counts ?? {}, (a, b) => a + b), {});
  const [pooled] = findingsOf('candidate', {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    tier: tierCommandsIn(counted),
  });
  return blocks.flatMap(({ findings }) => findings).find(({ guard }) => lasting.has(guard)) ?? pooled ?? null;
}
