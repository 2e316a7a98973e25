import { createPromql } from '../promql.ts';
import { tierWasDown } from './cache-alerts.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import { secondsOf } from './timing.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const board = 'darkroom-correctness';

/** What becomes of writes: whether replicas hear of them, and whether storage gets those that wait. */
export function writeAlerts(timing: Timing): AlertRule[] {
  const { window, lagSeconds, wait, longWait, keep } = timing;
  const promql = createPromql({ window, growth: 'increase' });
  const failed = promql.rate('cacheInvalidations', { by, where: { outcome: 'failed' } });
  const lag = createPromql({ window }).quantile(0.99, 'cacheInvalidationLag', { by });
  const waiting = `max by (candidate) (min_over_time(${promql.value('cacheQueueLength')}[${window}]))`;
  const flushed = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'flushed' } });
  const failing = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'failed' } });
  const setAside = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'set-aside' } });
  return [
    alertRule({
      alert: 'InvalidationsFail',
      expr: `(${failed} > 0 or ${lostInvalidations(timing)} > 0) unless ${tierWasDown(timing)}`,
      for: longWait,
      keep,
      severity: 'page',
      board,
      summary: 'Replicas of {{ $labels.candidate }} do not hear of all writes',
      description:
        'About {{ $value | printf "%.0f" }} times an invalidation failed or may be lost. Replicas that notice a gap drop their memory; those that do not serve stale entries until these expire.',
    }),
    alertRule({
      alert: 'InvalidationLag',
      expr: `${lag} > ${lagSeconds}`,
      for: wait,
      severity: 'ticket',
      board,
      summary: 'Replicas of {{ $labels.candidate }} hear of writes late',
      description: `One invalidation in a hundred takes longer than {{ $value | humanizeDuration }}; ${lagSeconds} s are allowed.`,
    }),
    alertRule({
      alert: 'WriteQueueStuck',
      expr: `(${waiting} > 0 unless ${flushed} > 0) or ${setAside} > 0`,
      for: wait,
      severity: 'page',
      board,
      summary: 'Acknowledged writes of {{ $labels.candidate }} do not reach storage',
      description: `{{ $value | printf "%.0f" }} writes were acknowledged and wait, and none has reached storage for ${window}; or they were set aside because storage refused them.`,
    }),
    alertRule({
      alert: 'QueuedWritesFail',
      expr: `${failing} > 0`,
      // A single failure is counted for as long as the window: an alert that waits longer needs more than one.
      for: keep,
      severity: 'ticket',
      board,
      summary: 'Storage does not take some acknowledged writes of {{ $labels.candidate }}',
      description: `Again and again for ${keep}, {{ $value | printf "%.0f" }} times within ${window}. They wait and are tried again; when the queue is full, new writes are answered with 503.`,
    }),
  ];
}

/** What replicas noticed to be missing. A young one has missed what was said before it was there, and has nothing that this makes wrong. */
function lostInvalidations({ window, wait }: Timing): string {
  const promql = createPromql({ window });
  const lost = promql.counter('cacheInvalidations', { outcome: { anyOf: ['loss-noticed', 'disconnected'] } });
  const age = `time() - ${promql.value('processStart')}`;
  const youngSeconds = secondsOf(window) + secondsOf(wait);
  return `sum by (candidate) (increase(${lost}[${window}]) unless on (candidate, instance) (${age} < ${youngSeconds}))`;
}
