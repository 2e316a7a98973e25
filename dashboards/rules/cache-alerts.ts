import { createPromql } from '../promql.ts';
import { recordedNames } from './recording-rules.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const cacheBoard = 'darkroom-cache';
const correctnessBoard = 'darkroom-correctness';
const requestsPerSecondMin = 1;

/** More than half of all commands fail: the tier is as good as gone. */
const tierDownShare = 0.5;
const hitRatioFall = 0.15;
const queryGrowth = 1.5;
const loadsInFlightGrowth = 4;
const loadsInFlightMin = 16;
const goodputShare = 0.8;
const loadGrowth = 2;

/** What goes wrong in and around caches. */
export function cacheAlerts(timing: Timing): AlertRule[] {
  const { window, before, wait } = timing;
  const promql = createPromql({ window });
  const names = recordedNames(window);
  const isTierDown = `${names.tierFailures} > ${tierDownShare}`;
  const isBusy = `${names.requests} > ${requestsPerSecondMin}`;
  const good = promql.rate('loadRequests', { by, where: { outcome: 'ok' } });
  const inFlight = promql.sum('cacheLoadsInFlight', { by });
  return [
    alertRule({
      alert: 'RedisTierDown',
      expr: isTierDown,
      wait: timing.name === 'production' ? '1m' : '2s',
      severity: 'page',
      board: cacheBoard,
      summary: 'The redis tier of {{ $labels.candidate }} does not answer',
      description:
        '{{ $value | humanizePercentage }} of the commands to Redis fail or are not sent any more. Reads go on from memory and storage, at the price of the database.',
    }),
    alertRule({
      alert: 'CacheHitRatioCollapse',
      expr: `${names.hitRatio} < ${names.hitRatio} offset ${before} - ${hitRatioFall} and ${names.queries} > ${queryGrowth} * ${names.queries} offset ${before} and ${isBusy} unless ${isTierDown}`,
      wait,
      severity: 'page',
      board: cacheBoard,
      summary: 'The caches of {{ $labels.candidate }} answer far fewer reads than before',
      description: `The hit ratio is {{ $value | humanizePercentage }}, more than ${hitRatioFall * 100} points below what it was ${before} ago, and the database has more to do.`,
    }),
    alertRule({
      alert: 'CacheStampede',
      expr: `${inFlight} > ${loadsInFlightGrowth} * avg_over_time((${inFlight})[${before}:]) and ${inFlight} > ${loadsInFlightMin}`,
      wait: '0s',
      severity: 'ticket',
      board: cacheBoard,
      summary: '{{ $labels.candidate }} loads many keys at once',
      description: `{{ $value }} loads are under way, more than ${loadsInFlightGrowth} times as many as usual: many readers found the same entries gone.`,
    }),
    alertRule({
      alert: 'MetastableLoad',
      expr: `${good} < ${goodputShare} * ${names.offered} and ${names.loads} > ${loadGrowth} * ${names.loads} offset ${before} and ${names.offered} < 1.2 * ${names.offered} offset ${before} unless ${isTierDown}`,
      wait,
      severity: 'page',
      board: 'darkroom-load',
      summary: '{{ $labels.candidate }} does not recover though nothing is broken any more',
      description: `Only {{ $value | humanize }} requests/s succeed of what is offered, no more is asked than ${before} ago, and yet the loads have doubled: the load keeps itself up.`,
    }),
    ...invalidationAlerts(timing, `max_over_time(${names.tierFailures}[${window}]) > ${tierDownShare}`),
  ];
}

/** A tier that was down a moment ago has lost messages: that is told already. */
function invalidationAlerts(
  { window, lagSeconds, wait, longWait }: Timing,
  wasTierDown: string,
): AlertRule[] {
  const promql = createPromql({ window });
  const failed = promql.rate('cacheInvalidations', { by, where: { outcome: 'failed' } });
  const lost = promql.rate('cacheInvalidations', { by, where: { outcome: { anyOf: ['gap', 'cut'] } } });
  const lag = promql.quantile(0.99, 'cacheInvalidationLag', { by });
  const appended = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'appended' } });
  const flushed = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'flushed' } });
  const setAside = promql.rate('cacheQueuedWrites', { by, where: { outcome: 'set-aside' } });
  return [
    alertRule({
      alert: 'InvalidationsFail',
      expr: `(${failed} > 0 or ${lost} > 0) unless ${wasTierDown}`,
      // Longer than it takes to see that the whole tier is down.
      wait: longWait,
      severity: 'page',
      board: correctnessBoard,
      summary: 'Replicas of {{ $labels.candidate }} do not hear of all writes',
      description:
        '{{ $value | humanize }} invalidations per second fail or are lost. Replicas that notice a gap drop their memory; those that do not serve stale entries until these expire.',
    }),
    alertRule({
      alert: 'InvalidationLag',
      expr: `${lag} > ${lagSeconds}`,
      wait,
      severity: 'ticket',
      board: correctnessBoard,
      summary: 'Replicas of {{ $labels.candidate }} hear of writes late',
      description: `One invalidation in a hundred takes longer than {{ $value | humanizeDuration }}; ${lagSeconds} s are allowed.`,
    }),
    alertRule({
      alert: 'WriteQueueStuck',
      expr: `(${appended} > 0 unless ${flushed} > 0) or ${setAside} > 0`,
      wait,
      severity: 'page',
      board: correctnessBoard,
      summary: 'Acknowledged writes of {{ $labels.candidate }} do not reach storage',
      description:
        '{{ $value | humanize }} writes per second are acknowledged and wait, or were set aside because storage refused them.',
    }),
  ];
}
