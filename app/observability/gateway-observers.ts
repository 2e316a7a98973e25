import { gatewayMetrics } from '../contract/gateway-metrics.ts';
import type {
  GatewayObserver,
  LeaderObserver,
  LeaderState,
  ReplicaState,
} from '../gateway/gateway-events.ts';
import { createLeanHistogram } from './lean-histogram.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { registerCounter, registerGauge } from './registered.ts';

/** Counts what a gateway tells. */
export function createGatewayObserver(registry: MetricsRegistry): GatewayObserver {
  const ways = ['consistent', 'eventual', 'leader'];
  const reasons = ['axis', 'asked', 'caller', 'stale', 'empty'];
  const queries = registerCounter(
    registry,
    gatewayMetrics.gatewayQueries,
    ways.flatMap((way) => reasons.map((reason) => ({ way, reason }))),
  );
  const keepAlives = registerCounter(registry, gatewayMetrics.gatewayKeepAlives);
  const delays = createLeanHistogram(registry, gatewayMetrics.gatewaySyncDelay);
  const refusals = registerCounter(
    registry,
    gatewayMetrics.gatewayRefusals,
    ['GATEWAY_NOT_SYNCHRONISED', 'LEADER_LOST', 'SERVICE_UNREACHABLE'].map((code) => ({ code })),
  );
  const connections = registerCounter(
    registry,
    gatewayMetrics.gatewayLeaderConnections,
    ['connected', 'lost'].map((outcome) => ({ outcome })),
  );
  return {
    queried: (way, reason) => queries.inc({ way, reason }),
    synchronised: (delayMs) => delays.observe([], delayMs / 1000),
    keepAliveSent: () => keepAlives.inc(),
    refused: (code) => refusals.inc({ code }),
    connection: (outcome) => connections.inc({ outcome }),
  };
}

/** Tells what a gateway has. */
export function watchReplica(registry: MetricsRegistry, state: () => ReplicaState): void {
  registerGauge(registry, gatewayMetrics.gatewaySynchronised, () => [[{}, Number(state().isSynchronised)]]);
  registerGauge(registry, gatewayMetrics.gatewayReplicaRecords, () => [[{}, state().records]]);
  registerGauge(registry, gatewayMetrics.gatewayStaleness, () => {
    const { stalenessMs } = state();
    return stalenessMs === null ? [] : [[{}, stalenessMs / 1000]];
  });
}

/** Counts what a process tells that may lead. */
export function createLeaderObserver(registry: MetricsRegistry): LeaderObserver {
  const bytes = registerCounter(registry, gatewayMetrics.leaderStreamBytes);
  const cuts = registerCounter(registry, gatewayMetrics.leaderGatewaysCut);
  const writes = registerCounter(
    registry,
    gatewayMetrics.leaderWrites,
    ['stored', 'refused', 'failed'].map((outcome) => ({ outcome })),
  );
  const durations = createLeanHistogram(registry, gatewayMetrics.leaderWriteDuration);
  return {
    sent: (count) => bytes.inc(count),
    cut: () => cuts.inc(),
    written: (outcome, durationMs) => {
      writes.inc({ outcome });
      durations.observe([], durationMs / 1000);
    },
  };
}

/** Tells whether it leads, and whom. */
export function watchLeader(registry: MetricsRegistry, state: () => LeaderState): void {
  const figures = [
    [gatewayMetrics.leaderIsLeader, ({ isLeader }: LeaderState) => Number(isLeader)],
    [gatewayMetrics.leaderEpoch, ({ epoch }: LeaderState) => epoch],
    [gatewayMetrics.leaderGateways, ({ gateways }: LeaderState) => gateways],
    [gatewayMetrics.leaderQueuedBytes, ({ queuedBytes }: LeaderState) => queuedBytes],
  ] as const;
  for (const [metric, figure] of figures) registerGauge(registry, metric, () => [[{}, figure(state())]]);
}
