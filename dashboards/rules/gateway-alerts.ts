import { createPromql } from '../promql.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const board = 'darkroom-gateway';

/**
 * How long reads may wait for the leader. When all is well, they wait a few milliseconds, for one keep-alive
 * and one event.
 */
const syncSeconds = 0.1;

/** Alerts about what keeps metadata from those who ask for it. */
export function gatewayAlerts(timing: Timing): AlertRule[] {
  const { window, outageFor, keepFiringFor } = timing;
  const promql = createPromql({ window });
  const gateways = `count by (candidate) (${promql.counter('gatewayRefusals')})`;
  const synchronised = promql.value('gatewaySynchronised');
  return [
    alertRule({
      alert: 'GatewayWithoutLeader',
      // A leader that has died has no series any more, so the rule starts from the candidates that have
      // gateways.
      expr: `${gateways} unless ${promql.max('leaderIsLeader', { by })} == 1`,
      for: timing.for,
      severity: 'page',
      board,
      summary: 'Nobody leads the metadata of {{ $labels.candidate }}',
      description:
        'No process holds the lease. Queries and writes of metadata are refused with 503 until one does; all else is answered.',
    }),
    alertRule({
      alert: 'GatewayNotSynchronised',
      // Where nobody leads, GatewayWithoutLeader fires instead.
      expr: `${synchronised} == 0 and on (candidate) ${promql.max('leaderIsLeader', { by })} == 1`,
      for: outageFor,
      severity: 'page',
      board,
      summary: 'Gateway {{ $labels.instance }} of {{ $labels.candidate }} has no whole replica',
      description:
        'A process leads, and this gateway is not connected to it or has not received its snapshot. It refuses consistent queries.',
    }),
    alertRule({
      alert: 'GatewaySyncDelayHigh',
      expr: `${promql.quantile(0.99, 'gatewaySyncDelay', { by })} > ${syncSeconds}`,
      for: timing.for,
      severity: 'ticket',
      board,
      summary: 'Queries of metadata of {{ $labels.candidate }} wait long for the leader',
      description: `p99 of the wait for synchronisation is {{ $value | humanizeDuration }}; ${syncSeconds * 1000} ms are allowed, and some milliseconds are usual.`,
    }),
    alertRule({
      alert: 'GatewayCut',
      expr: `sum by (candidate) (increase(${promql.counter('leaderGatewaysCut')}[${window}])) > 0`,
      for: '0s',
      keepFiringFor,
      severity: 'ticket',
      board,
      summary: 'A gateway of {{ $labels.candidate }} was cut off, since too much waited for it',
      description:
        'It takes less than the leader has to tell. It connects again and begins with a snapshot; what it missed is in there.',
    }),
  ];
}
