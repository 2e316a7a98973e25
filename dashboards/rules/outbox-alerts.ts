import { scrapeJobs } from '../../app/contract/metric-catalogue.ts';
import { createPromql } from '../promql.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const board = 'darkroom-feeds';

/**
 * Alerts about messages of the outbox that are late or given up, and about processes beside the replicas that
 * are down.
 */
export function outboxAlerts(timing: Timing): AlertRule[] {
  const { window, lagSeconds } = timing;
  const promql = createPromql({ window });
  // All workers report the same outbox; the lowest value is from the worker that has looked last.
  const oldest = `min by (candidate) (min_over_time(${promql.value('outboxOldest')}[${window}]))`;
  return [
    alertRule({
      alert: 'OutboxStuck',
      expr: `${oldest} > ${lagSeconds}`,
      for: timing.for,
      severity: 'page',
      board,
      summary: 'What follows from actions of {{ $labels.candidate }} comes late or not at all',
      description: `For ${window} there was always a message that had waited for {{ $value | humanizeDuration }} or longer; ${lagSeconds} s are allowed. What people posted may be missing in feeds.`,
    }),
    alertRule({
      alert: 'OutboxDeadLetters',
      expr: `${promql.max('outboxDeadLetters', { by })} > 0`,
      for: timing.for,
      severity: 'ticket',
      board,
      summary: 'Messages of {{ $labels.candidate }} were given up',
      description:
        'A consumer has failed on {{ $value }} messages too often. What should have followed from them has not happened.',
    }),
    alertRule({
      alert: 'FurtherProcessDown',
      expr: `${promql.value('up', { job: scrapeJobs.process })} == 0`,
      for: timing.outageFor,
      severity: 'page',
      // The process may belong to any system.
      board: 'darkroom-telemetry',
      summary: '{{ $labels.kind }} {{ $labels.instance }} of {{ $labels.candidate }} does not answer',
      description:
        'What it should do is left. The replicas go on; who asks through a gateway that is down has no answer, and while no leader is there metadata are refused.',
    }),
  ];
}
