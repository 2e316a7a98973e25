import type { CacheCounts, TierCommands } from '../worlds/cache-counts.ts';
import type { ProcessName } from '../worlds/world-process.ts';

/** What was seen of one block; null where the platform or a dead process could not tell. */
export type BlockObservation = {
  readonly driverFailure: string | null;
  readonly lostProcesses: readonly ProcessName[];
  readonly offered: number;
  readonly started: number;
  readonly dropped: number;
  readonly requests: number;
  readonly errors: number;
  /** Requests that were sent again to a replica, since the edge had not answered them. */
  readonly pastEdge: number;
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
  readonly tier: TierCommands | null;
  /**
   * Requests that no layer has counted as answered by itself; below 0, layers have counted more than viewers
   * asked. Null where viewers have no browsers, or not all is answered yet.
   */
  readonly unaccounted: number | null;
  /**
   * Whether viewers have browsers, but nobody can tell who answered, since requests were under way when that
   * was counted.
   */
  readonly isAccountMissing: boolean;
  /** How far into the round the work reached that was to be done before it, such as emptying caches. */
  readonly settledLateMs: number;
  /** Together: requests that were to be sent to the world in the round. */
  readonly planned: number;
};

/** What was seen of one world in a round that all worlds shared. Null where requests were in flight when it was read. */
export type WorldObservation = Pick<
  BlockObservation,
  | 'lostProcesses'
  | 'requests'
  | 'errors'
  | 'pastEdge'
  | 'cache'
  | 'tier'
  | 'unaccounted'
  | 'isAccountMissing'
  | 'settledLateMs'
  | 'planned'
>;

/** What was seen of the generator in all rounds that worlds shared. */
export type GeneratorObservation = Pick<BlockObservation, 'offered' | 'dropped' | 'driverCpuShare'>;

/** What was seen of a load. */
export type LoadObservation = Pick<
  BlockObservation,
  'driverFailure' | 'requests' | 'errors' | 'dropped' | 'tier'
>;

/** Where a guard is not told of something, it has nothing to say of it. */
export const unseen: BlockObservation = {
  driverFailure: null,
  lostProcesses: [],
  offered: 0,
  started: 0,
  dropped: 0,
  requests: 0,
  errors: 0,
  pastEdge: 0,
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
  unaccounted: null,
  isAccountMissing: false,
  settledLateMs: 0,
  planned: 0,
};
