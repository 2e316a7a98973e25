import { answersOf, tierDuties } from '../worlds/cache-counts.ts';
import type { CacheCounts, TierCounts } from '../worlds/cache-counts.ts';
import { failedShareMax } from '../k6/pass-timings.ts';
import type { BlockRecord, GuardFinding } from './records.ts';

/** What was seen of one block; null where the platform or a dead process could not tell. */
export type BlockObservation = {
  readonly driverFailure: string | null;
  readonly lostReplicas: readonly string[];
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

type BlockGuard = {
  readonly guard: string;
  readonly fault: GuardFinding['fault'];
  /** The finding's kind and words, or null when the guard has nothing to say. */
  readonly judge: (seen: BlockObservation) => readonly [GuardFinding['kind'], string] | null;
};

const pct = (share: number): string => `${(share * 100).toFixed(1)} %`;

function judgeShare(share: number | null, warnAbove: number, refuseAbove: number, what: string) {
  if (share === null || share <= warnAbove) return null;
  const kind = share > refuseAbove ? ('hard' as const) : ('soft' as const);
  return [kind, `${what} took ${pct(share)} of the machine (limit ${pct(refuseAbove)})`] as const;
}

/** Identity of the cache counters: whatever was asked was answered by exactly one part. */
function unansweredReads(cache: CacheCounts): number {
  return cache.reads - answersOf(cache);
}

const blockGuards: readonly BlockGuard[] = [
  {
    guard: 'driver-failed',
    fault: 'generator',
    judge: (seen) => (seen.driverFailure === null ? null : ['hard', seen.driverFailure]),
  },
  {
    guard: 'replica-lost',
    fault: 'service',
    judge: (seen) =>
      seen.lostReplicas.length === 0 ? null : ['hard', `replica ${seen.lostReplicas.join(', ')} died`],
  },
  {
    guard: 'dropped-arrivals',
    fault: 'generator',
    judge: (seen) => (seen.dropped === 0 ? null : ['hard', `${seen.dropped} arrivals were dropped`]),
  },
  {
    guard: 'offered-rate',
    fault: 'generator',
    judge: (seen) =>
      seen.offered > 0 && seen.started / seen.offered < 0.995
        ? ['hard', `only ${seen.started} of ${seen.offered} requests were started`]
        : null,
  },
  {
    guard: 'busy-vus',
    fault: 'generator',
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
    judge: (seen) =>
      seen.driverCpuShare !== null && seen.driverCpuShare > 0.8
        ? ['hard', `k6 used ${pct(seen.driverCpuShare)} of the cores it may use (limit 80 %)`]
        : null,
  },
  {
    guard: 'foreign-cpu',
    fault: 'machine',
    judge: (seen) => judgeShare(seen.foreignCpuShare, 0.1, 0.25, 'other programs'),
  },
  {
    guard: 'steal',
    fault: 'machine',
    judge: (seen) => judgeShare(seen.stealShare, 0.01, 0.05, "the machine's host"),
  },
  {
    guard: 'cpu-pressure',
    fault: 'machine',
    judge: (seen) =>
      seen.cpuPressurePct !== null && seen.cpuPressurePct > 40
        ? ['soft', `CPU pressure was ${seen.cpuPressurePct.toFixed(0)} %`]
        : null,
  },
  {
    guard: 'cpu-quota',
    fault: 'machine',
    judge: (seen) =>
      seen.throttledPeriods !== null && seen.throttledPeriods > 0
        ? ['soft', `the CPU quota throttled ${seen.throttledPeriods} periods`]
        : null,
  },
  {
    guard: 'clock-jump',
    fault: 'machine',
    judge: (seen) =>
      seen.clockDisagreementMs > 100
        ? ['hard', `wall clock and monotonic clock moved ${seen.clockDisagreementMs.toFixed(0)} ms apart`]
        : null,
  },
  {
    guard: 'cache-identity',
    fault: 'service',
    judge: (seen) =>
      seen.cache !== null && unansweredReads(seen.cache) !== 0
        ? [
            'hard',
            `${unansweredReads(seen.cache)} cache reads were not counted by the part that answered them`,
          ]
        : null,
  },
  {
    guard: 'tier-refused',
    fault: 'service',
    judge: ({ tier }) => {
      const message = tier === null ? null : judgeTier(tier);
      return message === null ? null : ['hard', message];
    },
  },
  {
    guard: 'errors',
    fault: 'service',
    judge: (seen) =>
      seen.requests > 0 && seen.errors > failedShareMax * seen.requests
        ? ['hard', `${seen.errors} of ${seen.requests} requests failed (limit 1 %)`]
        : null,
  },
];

/** All that the guards have to say about a block. One hard finding makes it invalid. */
export function judgeBlock(seen: BlockObservation): GuardFinding[] {
  return blockGuards.flatMap(({ guard, fault, judge }) => {
    const finding = judge(seen);
    return finding === null ? [] : [{ guard, fault, kind: finding[0], message: finding[1] }];
  });
}

/** What was seen of one world in a round that all worlds shared. */
export type WorldObservation = {
  readonly lostReplicas: readonly string[];
  readonly requests: number;
  readonly errors: number;
  /** Null where requests were in flight when it was read. */
  readonly cache: CacheCounts | null;
  readonly tier: TierCounts | null;
};

/**
 * With more, a tier does not do what the candidate says of it. A moment in which it stands still, as on a busy machine, is less:
 * the breaker refuses for a second.
 */
const refusedShareMax = 0.1;

/** What a tier refused more of than it may, in words, or null. */
export function judgeTier(tier: TierCounts): string | null {
  const parts = tierDuties
    .filter(({ sent, refused }) => tier[refused] > refusedShareMax * tier[sent])
    .map(({ sent, refused, called }) => `${tier[refused]} of ${tier[sent]} ${called}`);
  return parts.length === 0 ? null : `redis refused ${parts.join(' and ')} (limit ${pct(refusedShareMax)})`;
}

type WorldGuard = {
  readonly guard: string;
  /** In words, or null when the guard has nothing to say. */
  readonly judge: (seen: WorldObservation) => string | null;
};

/** Together, only what a world does itself withholds its verdict: what the machine does, it does to all. */
const worldGuards: readonly WorldGuard[] = [
  {
    guard: 'replica-lost',
    judge: ({ lostReplicas }) =>
      lostReplicas.length === 0 ? null : `replica ${lostReplicas.join(', ')} died`,
  },
  {
    guard: 'errors',
    judge: ({ requests, errors }) =>
      requests > 0 && errors > failedShareMax * requests
        ? `${errors} of ${requests} requests failed (limit 1 %)`
        : null,
  },
  {
    guard: 'tier-refused',
    judge: ({ tier }) => (tier === null ? null : judgeTier(tier)),
  },
  {
    guard: 'cache-identity',
    judge: ({ cache }) =>
      cache === null || unansweredReads(cache) === 0
        ? null
        : `${unansweredReads(cache)} cache reads were not counted by the part that answered them`,
  },
];

/** All that the guards have to say about a world in a round: what it met in it counts for no verdict. */
export function judgeWorld(seen: WorldObservation): GuardFinding[] {
  return worldGuards.flatMap(({ guard, judge }) => {
    const message = judge(seen);
    return message === null ? [] : [{ guard, kind: 'hard' as const, fault: 'service' as const, message }];
  });
}

/** What stands against a candidate's verdict after these rounds together; null: nothing. One bad moment of the machine does not. */
export function judgeCandidate(blocks: readonly BlockRecord[]): GuardFinding | null {
  const sum = (count: (block: BlockRecord) => number): number =>
    blocks.reduce((all, block) => all + count(block), 0);
  const tierSum = (name: keyof TierCounts): number => sum(({ tier }) => tier?.[name] ?? 0);
  const pooled = judgeWorld({
    lostReplicas: [],
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    cache: null,
    tier: {
      reads: tierSum('reads'),
      refusedReads: tierSum('refusedReads'),
      writes: tierSum('writes'),
      refusedWrites: tierSum('refusedWrites'),
      queueWrites: tierSum('queueWrites'),
      refusedQueueWrites: tierSum('refusedQueueWrites'),
    },
  });
  const lasting = blocks
    .flatMap(({ findings }) => findings)
    .find(({ guard }) => guard === 'replica-lost' || guard === 'cache-identity');
  return lasting ?? pooled[0] ?? null;
}
