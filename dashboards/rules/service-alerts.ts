import { scrapeJobs } from '../../app/contract/metric-catalogue.ts';
import { processJobs } from '../board-scope.ts';
import { createPromql } from '../promql.ts';
import { quantileHistograms } from '../quantile-histograms.ts';
import { alertRule } from './rule.ts';
import type { AlertRule } from './rule.ts';
import type { Timing } from './timing.ts';

const by = ['candidate'] as const;
const byInstance = ['candidate', 'instance'] as const;
/** Replicas, and what runs beside them: a gateway that has no time left stops all that comes through it. */
const service = { job: { anyOf: processJobs } } as const;
const healthBoard = 'darkroom-telemetry';
const storesBoard = 'darkroom-stores';
const samplesMax = 4_000;
const clampedShare = 0.01;
const eventLoopShare = 0.9;
const collectionShare = 0.1;

/** What runs out: connections, the event loop, memory, the generator of load. */
export function saturationAlerts(timing: Timing): AlertRule[] {
  const { window } = timing;
  const promql = createPromql({ window });
  const pending = promql.value('storageConnections', { state: 'pending' });
  const utilization = promql.value('eventLoopUtilization', service);
  return [
    alertRule({
      alert: 'ConnectionPoolSaturated',
      expr: `min by (candidate, instance) (min_over_time(${pending}[${window}])) > 0`,
      for: timing.for,
      severity: 'ticket',
      board: storesBoard,
      summary: 'Requests of {{ $labels.instance }} wait for a connection to PostgreSQL',
      description: 'Never fewer than {{ $value }} requests have waited for a connection lately.',
    }),
    alertRule({
      alert: 'EventLoopSaturated',
      expr: `avg by (candidate, instance) (avg_over_time(${utilization}[${window}])) > ${eventLoopShare}`,
      for: timing.for,
      severity: 'ticket',
      board: 'darkroom-node',
      summary: '{{ $labels.instance }} of {{ $labels.candidate }} has no time left',
      description:
        'Its event loop is busy for {{ $value | humanizePercentage }} of the time: requests queue before anything of them is done.',
    }),
    alertRule({
      alert: 'GarbageCollectionHeavy',
      expr: `${promql.observedSum('gcDuration', { by: byInstance, where: service })} > ${collectionShare}`,
      for: timing.for,
      severity: 'ticket',
      board: 'darkroom-node',
      summary: '{{ $labels.instance }} of {{ $labels.candidate }} spends its time on garbage',
      description: 'Collecting garbage takes {{ $value | humanizePercentage }} of the time.',
    }),
    alertRule({
      alert: 'LoadDropped',
      expr: `${promql.rate('loadDropped', { by })} > 0`,
      for: '0s',
      severity: 'ticket',
      board: 'darkroom-load',
      summary: 'The generator does not keep up with the load for {{ $labels.candidate }}',
      description:
        '{{ $value | humanize }} requests per second were not sent: what is measured is kinder than what was asked for.',
    }),
  ];
}

/** What goes wrong in PostgreSQL itself. */
export function storageAlerts(timing: Timing): AlertRule[] {
  const { window, slotBytes, readSlotBytes } = timing;
  const promql = createPromql({ window });
  const held = promql.max('postgresSlotLag', { by: ['slot_name'] });
  const isUnread = `${promql.max('postgresSlotActive', { by: ['slot_name'] })} == 0`;
  return [
    alertRule({
      alert: 'PostgresDown',
      expr: `${promql.value('postgresUp')} == 0`,
      for: timing.outageFor,
      severity: 'page',
      board: storesBoard,
      summary: 'PostgreSQL ({{ $labels.instance }}) does not answer',
      description:
        'Its exporter answers and does not reach it. What the caches do not hold cannot be read, and nothing can be written.',
    }),
    alertRule({
      alert: 'ReplicationSlotLag',
      expr: `(${held} > ${slotBytes} and ${isUnread}) or ${held} > ${readSlotBytes}`,
      for: timing.for,
      severity: 'page',
      board: storesBoard,
      summary: 'The change stream of slot {{ $labels.slot_name }} is not read, or far too slowly',
      description: 'PostgreSQL keeps {{ $value | humanize1024 }}B of log for it, which fills its disk.',
    }),
  ];
}

/** What cannot be seen, or is seen wrongly. */
export function telemetryAlerts(timing: Timing): AlertRule[] {
  const promql = createPromql({ window: timing.window });
  const clamped = quantileHistograms.map((key) => `${promql.clamped(key, { by })} > ${clampedShare}`);
  return [
    alertRule({
      alert: 'TargetDown',
      // Processes beside the replicas have an alert of their own, FurtherProcessDown.
      expr: `${promql.value('up', { job: { noneOf: [scrapeJobs.process] } })} == 0`,
      for: timing.for,
      severity: 'page',
      board: healthBoard,
      summary: '{{ $labels.job }} {{ $labels.instance }} does not answer',
      description: 'Nothing is known of it since it was last scraped.',
    }),
    alertRule({
      alert: 'SpansDropped',
      expr: `${promql.rate('telemetrySpans', { by, where: { stage: 'dropped' } })} > 0`,
      for: timing.for,
      severity: 'ticket',
      board: healthBoard,
      summary: 'Traces of {{ $labels.candidate }} have holes',
      description: '{{ $value | humanize }} spans per second are lost on the way to their store.',
    }),
    alertRule({
      alert: 'TooManySamples',
      expr: `${promql.value('scrapeSamples', service)} > ${samplesMax}`,
      for: timing.for,
      severity: 'ticket',
      board: healthBoard,
      summary: '{{ $labels.instance }} of {{ $labels.candidate }} exposes too many samples',
      description: `{{ $value }} samples per scrape, of ${samplesMax} allowed: a label has lost its bound.`,
    }),
    alertRule({
      alert: 'QuantilesClamped',
      expr: clamped.join(' or '),
      for: timing.for,
      severity: 'ticket',
      board: healthBoard,
      summary: 'Quantiles of {{ $labels.candidate }} are cut off',
      description:
        '{{ $value | humanizePercentage }} of the observations lie above the last bucket: quantiles show its bound instead of the truth.',
    }),
  ];
}
