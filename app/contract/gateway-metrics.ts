import { buckets } from './metric.ts';
import type { Metric } from './metric.ts';

/** What is told of the consistent gateway: by gateways, and by the processes that may lead. */
export const gatewayMetrics = {
  /** From a query's arrival to the acknowledgement that let it be answered. */
  gatewaySyncDelay: {
    name: 'darkroom_gateway_sync_delay_seconds',
    type: 'histogram',
    help: 'Time that a consistent query waited until the replica was known to have all that the leader had',
    labels: [],
    buckets: [0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
  },
  gatewayKeepAlives: {
    name: 'darkroom_gateway_keep_alives_total',
    type: 'counter',
    help: 'Keep-alives that gateways have sent to the leader',
    labels: [],
  },
  /**
   * Ways consistent (the replica, after synchronisation), eventual (the replica, at once), leader (forwarded). Reasons axis (as the
   * candidate says), asked (the query says so), caller (who asks is not allowed), stale (the replica is too old, or nobody has vouched
   * for it), empty (it has had no snapshot yet).
   */
  gatewayQueries: {
    name: 'darkroom_gateway_queries_total',
    type: 'counter',
    help: 'Queries of metadata by the way in which they are to be answered, and why in that one',
    labels: ['way', 'reason'],
  },
  /** Codes GATEWAY_NOT_SYNCHRONISED, LEADER_LOST, SERVICE_UNREACHABLE. */
  gatewayRefusals: {
    name: 'darkroom_gateway_refusals_total',
    type: 'counter',
    help: 'Requests that a gateway could not answer, and that may be sent again',
    labels: ['code'],
  },
  /** Outcomes connected, lost. */
  gatewayLeaderConnections: {
    name: 'darkroom_gateway_leader_connections_total',
    type: 'counter',
    help: 'Connections of gateways to a leader by what became of them',
    labels: ['outcome'],
  },
  gatewaySynchronised: {
    name: 'darkroom_gateway_synchronised',
    type: 'gauge',
    help: '1: the gateway has a whole replica and hears of a leader',
    labels: [],
  },
  gatewayReplicaRecords: {
    name: 'darkroom_gateway_replica_records',
    type: 'gauge',
    help: 'Records in the replica of a gateway, however old',
    labels: [],
  },
  /** Absent before the first snapshot. */
  gatewayStaleness: {
    name: 'darkroom_gateway_staleness_seconds',
    type: 'gauge',
    help: 'Time since the replica was last known to have all that the leader had',
    labels: [],
  },
  leaderIsLeader: {
    name: 'darkroom_leader_is_leader',
    type: 'gauge',
    help: '1: this process leads; 0: it stands by',
    labels: [],
  },
  leaderEpoch: {
    name: 'darkroom_leader_epoch',
    type: 'gauge',
    help: 'Epoch of the lease that this process holds or held last; 0: none so far',
    labels: [],
  },
  leaderGateways: {
    name: 'darkroom_leader_gateways',
    type: 'gauge',
    help: 'Gateways that the leader streams to',
    labels: [],
  },
  leaderQueuedBytes: {
    name: 'darkroom_leader_queued_bytes',
    type: 'gauge',
    help: 'Bytes that wait to be sent to the slowest gateway',
    labels: [],
  },
  leaderStreamBytes: {
    name: 'darkroom_leader_stream_bytes_total',
    type: 'counter',
    help: 'Bytes that the leader has sent to all gateways',
    labels: [],
  },
  leaderGatewaysCut: {
    name: 'darkroom_leader_gateways_cut_total',
    type: 'counter',
    help: 'Gateways that were cut off since too much waited for them',
    labels: [],
  },
  /** Outcomes stored, refused (the lease was somebody else’s), failed. */
  leaderWrites: {
    name: 'darkroom_leader_writes_total',
    type: 'counter',
    help: 'Writes of records by what became of them',
    labels: ['outcome'],
  },
  /** From the moment at which a write is sent to storage until the stream has it. */
  leaderWriteDuration: {
    name: 'darkroom_leader_write_duration_seconds',
    type: 'histogram',
    help: 'Time of a write of a record: storage, memory, stream',
    labels: [],
    buckets: buckets.query,
  },
} as const satisfies Record<string, Metric>;
