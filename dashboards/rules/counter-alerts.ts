import { createPromql } from '../promql.ts';
import { eventsAbove } from './few-events.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import { secondsOf } from './timing.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const board = 'darkroom-counters';

/** The share of operations that may fail. */
const failedShareMax = 0.01;
/** Counters come and go: growth of a queue by so many from one window to the next is no trend. */
const queueGrowthMin = 100;

/** Alerts about counts that come late, rollup workers that fall behind, and counting that fails. */
export function counterAlerts(timing: Timing): AlertRule[] {
  const { window, lagSeconds, keepFiringFor } = timing;
  const promql = createPromql({ window });
  // An event is rolled up when its window is over and its counter's turn has come; by default after two seconds, in the article after 15.
  const lateSeconds = lagSeconds * 6;
  const queue = promql.value('counterQueueLength');
  /** The shortest that the queue was in the window that ended so many windows ago. */
  const least = (ago: number): string =>
    `min_over_time(${queue}[${window}]${ago === 0 ? '' : ` offset ${ago * secondsOf(window)}s`})`;
  const grown = (ago: number): string =>
    `sum by (candidate) (${least(ago)} - ${least(ago + 1)}) > ${queueGrowthMin}`;
  const counted = createPromql({ window, growth: 'increase' });
  const dropped = counted.rate('counterRollupEvents', { by, where: { outcome: 'dropped' } });
  const asked = ['candidate', 'mode'] as const;
  const failed = counted.rate('counterOperations', { by: asked, where: { outcome: 'failed' } });
  return [
    alertRule({
      alert: 'CounterRollupLag',
      expr: `${promql.quantile(0.99, 'counterRollupLag', { by })} > ${lateSeconds}`,
      for: timing.for,
      severity: 'ticket',
      board,
      summary: 'Counts of {{ $labels.candidate }} come late',
      description: `One rollup in a hundred adds an event that is older than {{ $value | humanizeDuration }}; ${lateSeconds} s are allowed. Answers of eventual counters are behind by as much, and accurate ones have more to read.`,
    }),
    alertRule({
      alert: 'CounterQueueGrowing',
      // Growth that has ended, as when a load begins, is no trend.
      expr: `${grown(0)} and ${grown(1)}`,
      for: timing.for,
      severity: 'ticket',
      board,
      summary: 'Rollup workers of {{ $labels.candidate }} do not keep up',
      description: `At least {{ $value | printf "%.0f" }} more counters always wait to be rolled up than ${window} before, and then it was more already.`,
    }),
    alertRule({
      alert: 'CounterRollupEventsDropped',
      expr: `${dropped} > 0`,
      for: timing.for,
      keepFiringFor,
      severity: 'ticket',
      board,
      summary: 'Rollup workers of {{ $labels.candidate }} do not hear of all counters',
      description: `About {{ $value | printf "%.0f" }} times within ${window} the hint that a counter has something to roll up was dropped. Nothing is lost; its count stays old until somebody reads it.`,
    }),
    alertRule({
      alert: 'CountingFails',
      expr: `${failed} / ${counted.rate('counterOperations', { by: asked })} > ${failedShareMax} and ${failed} > ${eventsAbove}`,
      for: timing.for,
      severity: 'page',
      board,
      summary: 'Counting fails for {{ $labels.candidate }}',
      description:
        '{{ $value | humanizePercentage }} of the operations on {{ $labels.mode }} counters fail; 1 % may.',
    }),
  ];
}
