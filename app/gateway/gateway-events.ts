/** How a query of metadata is answered, and why in that way. */
export type QueryWay = 'consistent' | 'eventual' | 'leader';
export type WayReason = 'axis' | 'asked' | 'caller' | 'stale' | 'empty';

/** The codes with which a gateway refuses what may be asked again. */
export type RefusalCode = 'GATEWAY_NOT_SYNCHRONISED' | 'LEADER_LOST' | 'SERVICE_UNREACHABLE';

/** What is told of a gateway. */
export type GatewayObserver = {
  readonly queried: (way: QueryWay, reason: WayReason) => void;
  readonly synchronised: (delayMs: number) => void;
  readonly keepAliveSent: () => void;
  readonly refused: (code: RefusalCode) => void;
  readonly connection: (outcome: 'connected' | 'lost') => void;
};

/** The replica of a gateway, when it is asked. */
export type ReplicaState = {
  readonly isSynchronised: boolean;
  readonly records: number;
  /** Null: nobody has vouched for it yet. */
  readonly stalenessMs: number | null;
};

/** What is told of a process that may lead. */
export type LeaderObserver = {
  readonly sent: (bytes: number) => void;
  readonly cut: () => void;
  readonly written: (outcome: 'stored' | 'refused' | 'failed', durationMs: number) => void;
};

export type LeaderState = {
  readonly isLeader: boolean;
  readonly epoch: number;
  readonly gateways: number;
  readonly queuedBytes: number;
};
