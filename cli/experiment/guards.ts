import { serviceKindName } from '../../app/contract/process-kind.ts';
import { combineCounts } from '../figures/counts.ts';
import { answersOf, tierCommandsIn, tierDuties } from '../worlds/cache-counts.ts';
import type { CacheCounts, TierCounts } from '../worlds/cache-counts.ts';
import type { ProcessName } from '../worlds/world-process.ts';
import { failedShareMax } from '../k6/pass-timings.ts';
import type { BlockRecord, GuardFinding } from './records.ts';

/**
 * What a guard judges. In turns: a block. Together: a world in one round, a candidate over all of its rounds, and the experiment
 * over all rounds of everybody. And the run of `darkroom load`.
 */
type Judged = 'block' | 'world' | 'candidate' | 'experiment' | 'load';

/** What was seen of one block; null where the platform or a dead process could not tell. */
export type BlockObservation = {
  readonly driverFailure: string | null;
  readonly lostProcesses: readonly ProcessName[];
  readonly offered: number;
  readonly started: number;
  readonly dropped: number;
  readonly requests: number;
  readonly errors: number;
  readonly peakBusyVus: number | null;
  readonly configuredVus: number;
  readonly latenessP99Ms: number | null;
  readonly p99Ms: number | null;
  readonly driverCpuShare: number | null;
  readonly foreignCpuShare: number | null;
  readonly stealShare: number | null;
  readonly cpuPressurePct: number | null;
  readonly throttledPeriods: number | null;
  readonly clockDisagreementMs: number;
  readonly cache: CacheCounts | null;
  readonly tier: TierCounts | null;
};

/** What was seen of one world in a round that all worlds shared. Null where requests were in flight when it was read. */
export type WorldObservation = Pick<
  BlockObservation,
  'lostProcesses' | 'requests' | 'errors' | 'cache' | 'tier'
>;

/** What was seen of the generator in all rounds that worlds shared. */
export type GeneratorObservation = Pick<BlockObservation, 'offered' | 'dropped' | 'driverCpuShare'>;

/** What was seen of a load. */
export type LoadObservation = Pick<BlockObservation, 'requests' | 'errors' | 'dropped' | 'tier'>;

/** Where a guard is not told of something, it has nothing to say of it. */
const unseen: BlockObservation = {
  driverFailure: null,
  lostProcesses: [],
  offered: 0,
  started: 0,
  dropped: 0,
  requests: 0,
  errors: 0,
  peakBusyVus: null,
  configuredVus: 0,
  latenessP99Ms: null,
  p99Ms: null,
  driverCpuShare: null,
  foreignCpuShare: null,
  stealShare: null,
  cpuPressurePct: null,
  throttledPeriods: null,
  clockDisagreementMs: 0,
  cache: null,
  tier: null,
};

type Guard = {
  readonly guard: string;
  readonly fault: GuardFinding['fault'];
  readonly appliesTo: readonly Judged[];
  /** The finding's kind and words, or null when the guard has nothing to say. */
  readonly judge: (seen: BlockObservation) => readonly [GuardFinding['kind'], string] | null;
};

/** Together, dropped arrivals are missing in every world alike: up to this share the rounds still compare them fairly. */
export const droppedShareMax = 0.05;
/**
 * With more, a tier does not do what the candidate says of it. A moment in which it stands still, as on a busy machine, is less:
 * the breaker refuses for a second.
 */
const refusedShareMax = 0.1;

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
function judgeTier(tier: TierCounts): string | null {
  const parts = tierDuties
    .filter(({ sent, refused }) => tier[refused] > refusedShareMax * tier[sent])
    .map(({ sent, refused, called }) => `${tier[refused]} of ${tier[sent]} ${called}`);
  return parts.length === 0 ? null : `redis refused ${parts.join(' and ')} (limit ${pct(refusedShareMax)})`;
}

/**
 * All guards. Together, only what a world does itself withholds its verdict: what the machine does, it does to all of them. In
 * turns it happens to one block, which then cannot be compared with the others.
 */
const guards: readonly Guard[] = [
  {
    guard: 'driver-failed',
    fault: 'generator',
    appliesTo: ['block'],
    judge: ({ driverFailure }) => (driverFailure === null ? null : ['hard', driverFailure]),
  },
  {
    guard: 'replica-lost',
    fault: 'service',
    appliesTo: ['block', 'world'],
    judge: ({ lostProcesses }) => {
      const names = lostProcesses.filter(isReplica).map(({ name }) => name);
      return names.length === 0 ? null : ['hard', `replica ${names.join(', ')} died`];
    },
  },
  {
    guard: 'process-lost',
    fault: 'service',
    appliesTo: ['block', 'world'],
    judge: ({ lostProcesses }) => {
      const others = lostProcesses.filter((lost) => !isReplica(lost));
      const names = others.map(({ kindName, name }) => `${kindName} ${name}`);
      return names.length === 0 ? null : ['hard', `${names.join(', ')} died`];
    },
  },
  {
    guard: 'errors',
    fault: 'service',
    appliesTo: ['block', 'world', 'candidate', 'load'],
    judge: ({ requests, errors }) =>
      errors > failedShareMax * requests
        ? ['hard', `${errors} of ${requests} requests failed (limit 1 %)`]
        : null,
  },
  {
    guard: 'tier-refused',
    fault: 'service',
    appliesTo: ['block', 'world', 'candidate', 'load'],
    judge: ({ tier }) => {
      const message = tier === null ? null : judgeTier(tier);
      return message === null ? null : ['hard', message];
    },
  },
  {
    guard: 'cache-identity',
    fault: 'service',
    appliesTo: ['block', 'world'],
    judge: ({ cache }) =>
      cache !== null && unansweredReads(cache) !== 0
        ? ['hard', `${unansweredReads(cache)} cache reads were not counted by the part that answered them`]
        : null,
  },
  {
    guard: 'dropped-arrivals',
    fault: 'generator',
    appliesTo: ['block', 'load'],
    judge: ({ dropped }) => (dropped === 0 ? null : ['hard', `${dropped} arrivals were dropped`]),
  },
  {
    guard: 'dropped-share',
    fault: 'generator',
    appliesTo: ['experiment'],
    judge: ({ dropped, offered }) =>
      dropped > droppedShareMax * offered
        ? ['hard', `${dropped} of ${offered} arrivals were dropped (limit ${pct(droppedShareMax)})`]
        : null,
  },
  {
    guard: 'offered-rate',
    fault: 'generator',
    appliesTo: ['block'],
    judge: (seen) =>
      seen.offered > 0 && seen.started / seen.offered < 0.995
        ? ['hard', `only ${seen.started} of ${seen.offered} requests were started`]
        : null,
  },
  {
    guard: 'busy-vus',
    fault: 'generator',
    appliesTo: ['block'],
    judge: (seen) =>
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
    judge: (seen) => {
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
    judge: (seen) =>
      seen.driverCpuShare !== null && seen.driverCpuShare > 0.8
        ? ['hard', `k6 used ${pct(seen.driverCpuShare)} of the cores it may use (limit 80 %)`]
        : null,
  },
  {
    guard: 'foreign-cpu',
    fault: 'machine',
    appliesTo: ['block'],
    judge: (seen) => judgeShare(seen.foreignCpuShare, 0.1, 0.25, 'other programs'),
  },
  {
    guard: 'steal',
    fault: 'machine',
    appliesTo: ['block'],
    judge: (seen) => judgeShare(seen.stealShare, 0.01, 0.05, "the machine's host"),
  },
  {
    guard: 'cpu-pressure',
    fault: 'machine',
    appliesTo: ['block'],
    judge: (seen) =>
      seen.cpuPressurePct !== null && seen.cpuPressurePct > 40
        ? ['soft', `CPU pressure was ${seen.cpuPressurePct.toFixed(0)} %`]
        : null,
  },
  {
    guard: 'cpu-quota',
    fault: 'machine',
    appliesTo: ['block'],
    judge: (seen) =>
      seen.throttledPeriods !== null && seen.throttledPeriods > 0
        ? ['soft', `the CPU quota throttled ${seen.throttledPeriods} periods`]
        : null,
  },
  {
    guard: 'clock-jump',
    fault: 'machine',
    appliesTo: ['block'],
    judge: (seen) =>
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

function judge(judged: Judged, seen: Partial<BlockObservation>): GuardFinding[] {
  const all = { ...unseen, ...seen };
  return guards.flatMap((guard) => {
    const finding = guard.appliesTo.includes(judged) ? guard.judge(all) : null;
    if (finding === null) return [];
    const [kind, message] = finding;
    return [{ guard: guard.guard, kind, fault: guard.fault, message }];
  });
}

/** All that the guards have to say about a block in turns. One hard finding makes it invalid. */
export function judgeBlock(seen: BlockObservation): GuardFinding[] {
  return judge('block', seen);
}

/** All that the guards have to say about a world in a round together: what it met in it counts for no verdict. */
export function judgeWorld(seen: WorldObservation): GuardFinding[] {
  return judge('world', seen);
}

/** Whether the generator could do what it was asked for: if not, the figures would say more of it than of the service. */
export function judgeGenerator(seen: GeneratorObservation): GuardFinding[] {
  return judge('experiment', seen);
}

/** What went wrong with a load, the worst first. */
export function judgeLoad(seen: LoadObservation): GuardFinding[] {
  return judge('load', seen);
}

/** Guards that judge each round, and not all rounds of a candidate anew: their findings are never outweighed by other rounds. */
const lasting: ReadonlySet<string> = new Set(
  guards
    .filter(({ appliesTo }) => appliesTo.includes('world') && !appliesTo.includes('candidate'))
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
  const [pooled] = judge('candidate', {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    tier: tierCommandsIn(counted),
  });
  return blocks.flatMap(({ findings }) => findings).find(({ guard }) => lasting.has(guard)) ?? pooled ?? null;
}
