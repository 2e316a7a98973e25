import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import type { GatewayObserver, ReplicaState } from './gateway-events.ts';
import { findLeader } from './leader-finder.ts';
import type { LeaderFinderParts } from './leader-finder.ts';
import { linkToLeader } from './leader-link.ts';
import type { LeaderLink, LeaderLinkParts } from './leader-link.ts';
import { createParsedTable } from './parsed-table.ts';
import type { RecordTable } from './protocol/record-table.ts';
import { createReplica } from './protocol/replica.ts';
import type { Replica } from './protocol/replica.ts';
import type { ReadRefusal } from './protocol/waiting-reads.ts';
import { createWayChooser } from './query-way.ts';
import type { Asked } from './query-way.ts';
import { queryWaitMaxMs } from './system.ts';
import type { GatewaySettings } from './system.ts';

/** Where a query is answered: here, out of these records, or by the leader. */
export type Answer =
  | { readonly from: 'leader' }
  | {
      readonly from: 'replica';
      readonly records: RecordTable;
      /** How old the records are at most. */
      readonly stalenessMs: number;
      /** How long the query waited until they were synchronised; null where it did not wait. */
      readonly waitedMs: number | null;
    };

export type GatewayService = {
  /** Throws GATEWAY_NOT_SYNCHRONISED. */
  answer(asked: Asked): Promise<Answer>;
  /** Where the leader listens. Throws LEADER_LOST when nobody is known to lead. */
  leaderAddress(): string;
  state(): ReplicaState;
  /** Resolves when it can answer for the first time. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
};

export type GatewayServiceParts = Pick<LeaderFinderParts, 'storage' | 'store' | 'onTrouble'> &
  Pick<LeaderLinkParts, 'token' | 'random' | 'delayMs'> & {
    readonly settings: GatewaySettings;
    /** Monotonic. */
    readonly clock: Clock;
    readonly observe: GatewayObserver;
  };

/**
 * How long a leader may be silent before the gateway ends its session and connects to whoever leads by then. A busy
 * process does not stand still for as long.
 */
const silentMaxMs = 3_000;
const waitingReadsMax = 10_000;
/** How often the leader is asked even where no query waits: its answers tell how old the replica is at most. */
const heartbeatMs = 500;

export function createGatewayService(parts: GatewayServiceParts): GatewayService {
  const { settings, clock, observe, storage, store, onTrouble } = parts;
  const replica = createReplica({
    keepAliveGapMs: settings.keepAliveMs,
    heartbeatMs: Math.max(settings.keepAliveMs, Math.min(heartbeatMs, settings.stalenessMaxMs / 2)),
    stalenessMaxMs: settings.stalenessMaxMs,
    silentMaxMs,
    waitMaxMs: queryWaitMaxMs,
    waitingReadsMax,
    createTable: createParsedTable,
  });
  const chooseWay = createWayChooser(settings);
  const { promise: isFound, resolve: tellFound } = Promise.withResolvers<void>();
  const finder = findLeader({
    storage,
    store,
    onTrouble,
    onFound(leadership) {
      link?.found(leadership);
      tellFound();
    },
  });
  const link =
    settings.gateway === 'leader' ? null : linkToLeader({ ...parts, replica, leader: finder.current });
  const answerAtOnce = (): Answer => {
    const found = replica.readStale(clock.now());
    if (!found.isAllowed) {
      observe.queried('leader', found.reason);
      return { from: 'leader' };
    }
    const { records, stalenessMs } = found;
    return { from: 'replica', records, stalenessMs, waitedMs: null };
  };
  return {
    async answer(asked) {
      const { way, reason } = chooseWay(asked);
      if (way === 'eventual') {
        const answer = answerAtOnce();
        if (answer.from === 'replica') observe.queried(way, reason);
        return answer;
      }
      observe.queried(way, reason);
      return way === 'leader' || link === null
        ? { from: 'leader' }
        : synchronise({ link, replica, clock, observe });
    },
    leaderAddress() {
      const leader = finder.current();
      if (leader !== null) return leader.address;
      throw new DarkroomError('LEADER_LOST', 'Nobody leads at the moment; send it again in a moment.');
    },
    state: () => ({
      isSynchronised: replica.isSynchronised(),
      records: replica.records(),
      stalenessMs: replica.stalenessMs(clock.now()),
    }),
    ready: link?.synchronised ?? isFound,
    async stop() {
      await link?.stop();
      await finder.stop();
    },
  };
}

type Synchronising = {
  readonly link: LeaderLink;
  readonly replica: Replica;
  readonly clock: Clock;
  readonly observe: GatewayObserver;
};

/** Waits until the replica is known to have all that the leader has now. */
function synchronise({ link, replica, clock, observe }: Synchronising): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const askedAtMs = clock.now();
  link.read({
    synchronised(records) {
      const nowMs = clock.now();
      observe.synchronised(nowMs - askedAtMs);
      const stalenessMs = replica.stalenessMs(nowMs) ?? 0;
      resolve({ from: 'replica', records, stalenessMs, waitedMs: nowMs - askedAtMs });
    },
    refused: (reason) => reject(refusalOf(reason)),
  });
  return promise;
}

function refusalOf(reason: ReadRefusal): DarkroomError {
  if (reason === 'too-many-waiting')
    return new DarkroomError('OVERLOADED', 'Too many queries wait for the leader; try again in a moment.');
  const message = `The gateway has no leader to synchronise with (${reason}); send it again in a moment.`;
  return new DarkroomError('GATEWAY_NOT_SYNCHRONISED', message);
}
