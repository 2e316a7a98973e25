import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  command,
  everything,
  leading,
  ofCandidate,
  overview,
  overviewOfDriver,
  peakInView,
  prometheus,
  prometheusInView,
  prometheusNow,
  rarely,
  service,
} from '../board-scope.ts';
import { leadersMax } from '../board-limits.ts';
import { perRequest } from '../cache-ratios.ts';
import type { GaugeKey } from '../promql.ts';
import { isOfService, observedThings, quantileHistograms } from '../quantile-histograms.ts';

const byTarget = ['job', 'instance', 'candidate'] as const;
const ofTarget = '{{candidate}} {{instance}}';
const byGroup = ['rule_group'] as const;
const noStore = 'the command line keeps no traces';

/** A gauge of scraped targets, for those in which it was greatest in the time in view. */
function greatest(key: GaugeKey): Panel['queries'] {
  const expr = leading(peakInView(everything, key, { by: byTarget }), byTarget, everything.value(key));
  return [{ expr, legend: ofTarget }];
}

/** Groups of rules without the folder of their file, and without what all of them begin with. */
const named = (expr: string): string =>
  `sum by (group) (label_replace(${expr}, "group", "$1", "rule_group", ".*;(?:darkroom-)?(.*)"))`;

/** The greatest shares above the last bucket, each with the name of what was observed. */
const cutOff = quantileHistograms
  .map((key) => {
    const share = (isOfService(key) ? overview : overviewOfDriver).clamped(key, { by });
    return `label_replace(${share}, "of", "${observedThings[key]}", "", "")`;
  })
  .join(' or ');

const scrapes: readonly Panel[] = [
  {
    title: 'Who does not answer its scrape?',
    description: '/targets of Prometheus names the error.',
    unit: 'bool_yes_no',
    mayBeEmpty: 'everything answers',
    queries: [
      {
        expr: leading(
          `max by (${byTarget.join(', ')}) (1 - min_over_time(${everything.value('up')}[$__range] @ end())) > 0`,
          byTarget,
          `1 - ${everything.value('up')}`,
        ),
        legend: ofTarget,
      },
    ],
  },
  {
    title: 'How long does a scrape take?',
    description: 'It holds up the event loop of the process meanwhile: some milliseconds are well.',
    unit: 's',
    badFrom: 0.1,
    queries: greatest('scrapeDuration'),
  },
  {
    title: 'How many samples per scrape?',
    description: 'A process of the service may bring 4,000; more means a label without a bound.',
    unit: 'short',
    badFrom: 4_000,
    queries: greatest('scrapeSamples'),
  },
  {
    title: 'Do new series keep coming?',
    description:
      'Series that a scrape brought for the first time. After the start there are none, or a label has no bound.',
    unit: 'short',
    columns: 12,
    queries: greatest('scrapeSeriesAdded'),
  },
  {
    title: 'Can all rules be evaluated?',
    description:
      'Failures within the window of rare events, by group of rules. Anything above nothing is a rule that says nothing.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    mayBeEmpty: 'Prometheus does not scrape itself',
    queries: [
      {
        expr: leading(
          named(prometheusInView.rate('ruleEvaluationFailures', { by: byGroup })),
          ['group'],
          named(prometheus.rate('ruleEvaluationFailures', { by: byGroup })),
        ),
        legend: '{{group}}',
      },
    ],
  },
  {
    title: 'Are quantiles cut off?',
    description:
      'The greatest shares of observations above the last bucket, over the time in view. Beyond 1 % a quantile shows the bound of that bucket, however long it really took.',
    unit: 'string',
    kind: 'table',
    columns: 24,
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'of', title: 'Of' },
      { of: 0, title: 'Above the last bucket', unit: 'percentunit' },
    ],
    queries: [
      { expr: `max by (candidate, of) (topk(${leadersMax}, ${cutOff}))`, legend: '{{candidate}} {{of}}' },
    ],
  },
];

const traces: readonly Panel[] = [
  {
    title: 'How far do spans come?',
    description:
      'Recorded, exported and dropped within the window of rare events. Recorded and exported must agree; dropped leaves holes.',
    unit: 'short',
    columns: 12,
    queries: [
      {
        expr: rarely.rate('telemetrySpans', { by: ['candidate', 'stage'] }),
        legend: '{{candidate}} {{stage}}',
      },
    ],
  },
  {
    title: 'How many spans does a request make?',
    description: 'Recorded spans per request: what tracing costs grows with it.',
    unit: 'short',
    columns: 12,
    queries: [
      {
        expr: perRequest(
          service.rate('telemetrySpans', { by, where: { stage: 'recorded' } }),
          service.observations('requestDuration', { by }),
        ),
        legend: ofCandidate,
      },
    ],
  },
  {
    title: 'How many exemplars are kept?',
    description: 'Ways from a graph to a trace that Prometheus holds.',
    unit: 'short',
    mayBeEmpty: 'Prometheus does not scrape itself',
    queries: [{ expr: prometheusNow.value('exemplarsInStorage'), legend: 'exemplars' }],
  },
  {
    title: 'What does the trace store take in?',
    description: 'Spans per second, by what became of them. Dropped: the oldest had to go.',
    unit: 'ops',
    mayBeEmpty: noStore,
    queries: [{ expr: command.rate('storedSpans', { by: ['outcome'] }), legend: '{{outcome}}' }],
  },
  {
    title: 'How many traces can be looked at?',
    description: 'Held by the command line now.',
    unit: 'short',
    mayBeEmpty: noStore,
    queries: [{ expr: command.value('storedTraces'), legend: 'traces' }],
  },
];

export const telemetryBoard: Board = {
  uid: 'darkroom-telemetry',
  title: titleOf('darkroom-telemetry'),
  description: 'Whether the other boards can be believed.',
  rows: [
    { title: 'Scrapes', panels: scrapes },
    { title: 'Traces', panels: traces },
  ],
};
