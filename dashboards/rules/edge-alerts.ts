import { createPromql } from '../promql.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const board = 'darkroom-edge';

/**
 * Objects that are evicted for want of memory, per request. An edge with room for its hot objects evicts
 * fewer.
 */
export const evictionsPerRequestMax = 0.5;

/** The HTTP cache in front of the replicas. A hit ratio that is low harms nobody, and is no alert. */
export function edgeAlerts(timing: Timing): AlertRule[] {
  const promql = createPromql({ window: timing.window });
  return [
    alertRule({
      alert: 'EdgeDown',
      expr: `${promql.value('edgeUp')} == 0`,
      for: timing.outageFor,
      severity: 'page',
      board,
      summary: 'The HTTP cache of {{ $labels.instance }} of {{ $labels.candidate }} does not run',
      description:
        'Its process lives and cannot start it. Nothing that is asked of this edge is answered, though the replicas may be well.',
    }),
    alertRule({
      alert: 'EdgeThrashes',
      expr: `${promql.rate('edgeEvictions', { by })} / ${promql.rate('edgeRequests', { by })} > ${evictionsPerRequestMax}`,
      for: timing.for,
      severity: 'ticket',
      board,
      summary: 'The edge of {{ $labels.candidate }} throws away what it has just taken',
      description:
        'It evicts {{ $value | humanize }} objects for each request: edge-memory holds too little of what is asked for.',
    }),
  ];
}
