import { objectives } from '../../app/contract/objectives.ts';
import { createPromql } from '../promql.ts';
import { rounded } from '../rounded.ts';
import { tierWasDown } from './cache-alerts.ts';
import { eventsAbove } from './few-events.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import { secondsOf } from './timing.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
/**
 * The burn rate at which somebody is woken. Invalidations may fail as often as reads may be stale then, since
 * a lost one leaves a stale entry for as long as that lives.
 */
const burnMax = 14.4;
const failedShareMax = rounded(burnMax * (1 - objectives.freshness.target));
const board = 'darkroom-correctness';

/** What becomes of writes: whether replicas hear of them, and whether storage gets those that wait. */
export function writeAlerts(timing: Timing): AlertRule[] {
  const { window, lagSeconds, keepFiringFor } = timing;
  const promql = createPromql({ window, growth: 'increase' });
  const lag = createPromql({ window }).quantile(0.99, 'cacheInvalidationLag', { by });
  const waiting = `max by (candidate) (min_over_time(${promql.value('cacheQueueLength')}[${window}]))`;
  const flushed = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'flushed' } });
  const failing = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'failed' } });
  const setAside = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'set-aside' } });
  return [
    ...lossAlerts(timing),
    alertRule({
      alert: 'InvalidationLag',
      expr: `${lag} > ${lagSeconds}`,
      for: timing.for,
      severity: 'ticket',
      board,
      summary: 'Replicas of {{ $labels.candidate }} hear of writes late',
      description: `One invalidation in a hundred takes longer than {{ $value | humanizeDuration }}; ${lagSeconds} s are allowed.`,
    }),
    alertRule({
      alert: 'WriteQueueStuck',
      expr: `(${waiting} > 0 unless ${flushed} > 0) or ${setAside} > 0`,
      for: timing.for,
      severity: 'page',
      board,
      summary: 'Acknowledged writes of {{ $labels.candidate }} do not reach storage',
      description: `{{ $value | printf "%.0f" }} writes were acknowledged and wait, and none has reached storage for ${window}; or they were set aside because storage refused them.`,
    }),
    alertRule({
      alert: 'QueuedWritesFail',
      expr: `${failing} > 0`,
      // A single failure is counted for as long as the window; `for` is longer, so that one is not enough.
      for: keepFiringFor,
      severity: 'ticket',
      board,
      summary: 'Storage does not take some acknowledged writes of {{ $labels.candidate }}',
      description: `Again and again for ${keepFiringFor}, {{ $value | printf "%.0f" }} times within ${window}. They wait and are tried again; when the queue is full, new writes are answered with 503.`,
    }),
  ];
}

/**
 * Alerts when replicas miss so many writes that readers notice. One failure on a busy machine wakes nobody.
 */
function lossAlerts(timing: Timing): AlertRule[] {
  const { window, longFor, keepFiringFor } = timing;
  const promql = createPromql({ window, growth: 'increase' });
  const failed = promql.rate('cacheInvalidations', { by, where: { outcome: 'failed' } });
  const all = promql.rate('cacheInvalidations', { by, where: { outcome: { anyOf: ['sent', 'failed'] } } });
  const shared = {
    alert: 'InvalidationsFail',
    for: longFor,
    keepFiringFor,
    severity: 'page',
    board,
  } as const;
  return [
    alertRule({
      ...shared,
      expr: `${failed} / ${all} > ${failedShareMax} and ${failed} > ${eventsAbove} unless ${tierWasDown(timing)}`,
      labels: { sign: 'sending' },
      summary: 'Replicas of {{ $labels.candidate }} do not hear of all writes',
      description:
        '{{ $value | humanizePercentage }} of the invalidations could not be sent. Other replicas serve what was written before until their entries expire.',
    }),
    alertRule({
      ...shared,
      expr: `${lostInvalidations(timing)} > ${eventsAbove} unless ${tierWasDown(timing)}`,
      labels: { sign: 'receiving' },
      summary: 'A replica of {{ $labels.candidate }} misses invalidations again and again',
      description: `About {{ $value | printf "%.0f" }} times within ${window} one replica was cut off from them, or noticed that some were lost. It drops its memory each time, at the price of the database.`,
    }),
  ];
}

/**
 * How often one replica noticed that invalidations were lost, of the replica that noticed most: when all are
 * cut off at once, that is one event. Replicas that have just started are left out: what they missed before
 * concerns none of their entries.
 */
function lostInvalidations(timing: Timing): string {
  const { window } = timing;
  const promql = createPromql({ window });
  const lost = promql.counter('cacheInvalidations', { outcome: { anyOf: ['loss-noticed', 'disconnected'] } });
  const age = `time() - ${promql.value('processStart')}`;
  const youngSeconds = secondsOf(window) + secondsOf(timing.for);
  return `max by (candidate) (sum by (candidate, instance) (increase(${lost}[${window}]) unless on (candidate, instance) (${age} < ${youngSeconds})))`;
}
