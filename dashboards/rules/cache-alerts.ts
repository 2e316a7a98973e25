import { createPromql } from '../promql.ts';
import { eventsAbove } from './few-events.ts';
import { recordedNames } from './recording-rules.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

const cacheBoard = 'darkroom-cache';
const requestsPerSecondMin = 1;

/** More than half of all commands fail: the tier is as good as gone. */
const tierDownShare = 0.5;
/**
 * The share of refused commands at which an experiment withholds a candidate's verdict, too
 * (`cli/experiment/guards.ts`).
 */
const refusedShare = 0.1;
const commandsPerSecondMin = 1;
const hitRatioFall = 0.15;
const queryGrowth = 1.5;
const stampedeGrowth = 4;
const loadsInFlightMin = 16;
const loadsPerSecondMin = 5;
const goodputShare = 0.8;
const offeredGrowth = 1.2;
const loadGrowth = 2;

/** Redis fails most commands. Alerts about what follows from that stay silent, so that one alert tells of one cause. */
function tierIsDown({ window }: Timing): string {
  return `${recordedNames(window).tierFailures} > ${tierDownShare}`;
}

/** Redis failed most commands a moment ago: what follows from that is told by the alert that has just ended. */
export function tierWasDown({ window }: Timing): string {
  return `max_over_time(${recordedNames(window).tierFailures}[${window}]) > ${tierDownShare}`;
}

/** What goes wrong in and around caches. */
export function cacheAlerts(timing: Timing): AlertRule[] {
  const { window, before, outageFor } = timing;
  const names = recordedNames(window);
  const isTierDown = tierIsDown(timing);
  const isBusy = `${names.requests} > ${requestsPerSecondMin}`;
  const failed = createPromql({ window, growth: 'increase' }).rate('cacheOperationFailures', {
    by: ['candidate'],
  });
  return [
    alertRule({
      alert: 'RedisTierDown',
      // With little traffic, a single failed command may be all that was sent.
      expr: `${isTierDown} and ${failed} > ${eventsAbove}`,
      for: outageFor,
      severity: 'page',
      board: cacheBoard,
      summary: 'The redis tier of {{ $labels.candidate }} does not answer',
      description:
        '{{ $value | humanizePercentage }} of the commands to Redis fail or are not sent any more. Reads go on from memory and storage, at the price of the database.',
    }),
    alertRule({
      alert: 'CacheHitRatioCollapse',
      expr: `${names.hitRatio} < (${names.hitRatio} offset ${before}) - ${hitRatioFall} and ${names.queries} > ${queryGrowth} * (${names.queries} offset ${before}) and ${isBusy} unless ${isTierDown}`,
      for: timing.for,
      severity: 'page',
      board: cacheBoard,
      summary: 'The caches of {{ $labels.candidate }} answer far fewer reads than before',
      description: `The hit ratio is {{ $value | humanizePercentage }}, more than ${hitRatioFall * 100} points below what it was ${before} ago, and the database has more to do.`,
    }),
    ...refusalAlerts(timing),
    ...stampedeAlerts(timing),
    metastableAlert(timing),
  ];
}

/**
 * Alerts when Redis answers but refuses commands. Reads, writes and the queue are counted apart, since Redis
 * may refuse some of them alone: a read-only replica and a full Redis refuse writes, but still answer reads.
 */
function refusalAlerts(timing: Timing): AlertRule[] {
  const { window } = timing;
  const promql = createPromql({ window });
  const by = ['candidate'] as const;
  const failed = { cache_result: { anyOf: ['error', 'refused'] } } as const;
  const commands = (operations: readonly string[]) => {
    const where = { cache_operation: { anyOf: operations } };
    return {
      all: promql.observations('cacheOperationDuration', { by, where }),
      refused: promql.observations('cacheOperationDuration', { by, where: { ...where, ...failed } }),
    };
  };
  const queued = (...outcomes: string[]): string =>
    promql.rate('cacheQueuedWrites', { by, where: { outcome: { anyOf: outcomes } } });
  const kinds = {
    reads: { ...commands(['get', 'mget']), least: ` > ${commandsPerSecondMin}` },
    writes: { ...commands(['set', 'delete', 'lease']), least: ` > ${commandsPerSecondMin}` },
    queue: { all: queued('appended', 'unavailable'), refused: queued('unavailable'), least: '' },
  };
  const said = { reads: 'reads', writes: 'writes', queue: 'writes that are to wait in its queue' };
  return (['reads', 'writes', 'queue'] as const).map((sign) => {
    const { all, refused, least } = kinds[sign];
    return alertRule({
      alert: 'RedisTierRefuses',
      expr: `${refused} / (${all}${least}) > ${refusedShare} unless ${tierIsDown(timing)}`,
      for: timing.for,
      severity: 'ticket',
      board: cacheBoard,
      labels: { sign },
      summary: `Redis refuses what {{ $labels.candidate }} asks of it: ${said[sign]}`,
      description: `{{ $value | humanizePercentage }} of the ${said[sign]} are refused or not answered, while Redis does the rest: it may be a replica, full, unable to save, or forbid it.`,
    });
  });
}

/**
 * A stampede is over within milliseconds, so the first alert looks at its height: the most loads that were
 * under way at once. A longer one, whose loads are too short to pile up, shows in the loads per read, which
 * the second alert looks at.
 */
function stampedeAlerts(timing: Timing): AlertRule[] {
  const { window, before, keepFiringFor } = timing;
  const names = recordedNames(window);
  const usual = (name: string): string => `quantile_over_time(0.5, ${name}[${before}] offset ${window})`;
  const isManyTimes = (name: string): string => `${name} > ${stampedeGrowth} * ${usual(name)}`;
  const shared = {
    alert: 'CacheStampede',
    for: '0s',
    keepFiringFor,
    severity: 'ticket',
    board: cacheBoard,
  } as const;
  return [
    alertRule({
      ...shared,
      expr: `${isManyTimes(names.loadsInFlightPeak)} and ${names.loadsInFlightPeak} > ${loadsInFlightMin}`,
      labels: { sign: 'at-once' },
      summary: '{{ $labels.candidate }} loads many keys at once',
      description: `{{ $value }} loads were under way at the same time, more than ${stampedeGrowth} times as many as usual: many readers found the same entries gone.`,
    }),
    alertRule({
      ...shared,
      // The ratio also rises when there are fewer reads and more of them miss, so the loads themselves must
      // have grown as well.
      expr: `${isManyTimes(names.loadsPerRead)} and ${isManyTimes(names.loads)} and ${names.loads} > ${loadsPerSecondMin} unless ${tierIsDown(timing)}`,
      labels: { sign: 'amplification' },
      summary: '{{ $labels.candidate }} loads far more for the same reads',
      description: `A read causes {{ $value | humanize }} loads, more than ${stampedeGrowth} times as many as usual: keys are loaded again and again.`,
    }),
  ];
}

/**
 * Alerts when an overload keeps itself up after its cause is gone. What the present is compared with must not
 * follow it: the highest rate of requests that succeeded does not grow while hardly any succeed, and the
 * lower quartile of the loads rises only once three quarters of the history are bad.
 */
function metastableAlert(timing: Timing): AlertRule {
  const { window, before, history } = timing;
  const { succeeded, offered, loads } = recordedNames(window);
  return alertRule({
    alert: 'MetastableLoad',
    expr: `${succeeded} < ${goodputShare} * ${offered} and ${offered} < ${offeredGrowth} * max_over_time(${succeeded}[${history}]) and ${loads} > ${loadGrowth} * quantile_over_time(0.25, ${loads}[${history}] offset ${before}) unless ${tierIsDown(timing)}`,
    for: timing.for,
    severity: 'page',
    board: 'darkroom-load',
    summary: '{{ $labels.candidate }} does not recover though nothing is broken any more',
    description:
      'Only {{ $value | humanize }} requests/s succeed of what is offered, no more is asked than has been answered before, and yet the loads have doubled: the load keeps itself up.',
  });
}
