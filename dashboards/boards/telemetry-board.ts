import type { Board } from '../board.ts';
import { by, driver, everything, ofCandidate, service } from '../board-scope.ts';
import { perRequest } from '../cache-ratios.ts';
import { isOfService, quantileHistograms } from '../quantile-histograms.ts';

const ofTarget = '{{job}} {{instance}} {{candidate}}';
export const telemetryBoard: Board = {
  uid: 'darkroom-telemetry',
  title: 'Darkroom: telemetry health',
  description: 'Whether the other boards can be believed.',
  rows: [
    {
      title: 'Scrapes',
      panels: [
        {
          title: 'Does everything that is scraped answer?',
          description: '1 while it does. /targets of Prometheus names the error.',
          unit: 'none',
          queries: [{ expr: everything.value('up'), legend: ofTarget }],
        },
        {
          title: 'How long does a scrape take?',
          description: 'It holds up the event loop of the process meanwhile: some milliseconds are well.',
          unit: 's',
          badFrom: 0.1,
          queries: [{ expr: everything.value('scrapeDuration'), legend: ofTarget }],
        },
        {
          title: 'How many samples does a scrape bring?',
          description: 'A process of the service may bring 4,000; more means a label without a bound.',
          unit: 'short',
          badFrom: 4_000,
          queries: [{ expr: everything.value('scrapeSamples'), legend: ofTarget }],
        },
        {
          title: 'Do new series keep coming?',
          description:
            'Series that a scrape brought for the first time. After the start there are none, or a label has no bound.',
          unit: 'short',
          queries: [{ expr: everything.value('scrapeSeriesAdded'), legend: ofTarget }],
        },
        {
          title: 'Are quantiles cut off?',
          description:
            'Share of the observations above the last bucket. Beyond 1 % a quantile shows the bound of that bucket, however long it really took.',
          unit: 'percentunit',
          badFrom: 0.01,
          columns: 12,
          queries: quantileHistograms.map((key) => ({
            expr: (isOfService(key) ? service : driver).clamped(key, { by }),
            legend: `{{candidate}} ${key}`,
          })),
        },
        {
          title: 'Can all rules be evaluated?',
          description: 'Failures per second. Anything above nothing is a rule that says nothing.',
          unit: 'ops',
          columns: 12,
          badFrom: 0.001,
          queries: [
            {
              expr: everything.rate('ruleEvaluationFailures', { by: ['rule_group'] }),
              legend: '{{rule_group}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Traces',
      panels: [
        {
          title: 'How far do spans come?',
          description:
            'Recorded, exported and dropped per second. Recorded and exported must agree; dropped leaves holes.',
          unit: 'ops',
          queries: [
            {
              expr: service.rate('telemetrySpans', { by: ['candidate', 'stage'] }),
              legend: '{{candidate}} {{stage}}',
            },
          ],
        },
        {
          title: 'How many spans does a request make?',
          description: 'Recorded spans per request: what tracing costs grows with it.',
          unit: 'short',
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
          queries: [{ expr: everything.value('exemplarsInStorage'), legend: 'exemplars' }],
        },
        {
          title: 'What does the store of traces take in?',
          description: 'Spans per second, by what became of them. Dropped: the oldest had to go.',
          unit: 'ops',
          queries: [{ expr: everything.rate('storedSpans', { by: ['outcome'] }), legend: '{{outcome}}' }],
        },
        {
          title: 'How many traces can be looked at?',
          description: 'Held by the command line now.',
          unit: 'short',
          queries: [{ expr: everything.value('storedTraces'), legend: 'traces' }],
        },
      ],
    },
  ],
};
