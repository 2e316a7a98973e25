import { feedSeconds, objectives, photoReadSeconds } from '../../app/contract/objectives.ts';
import type { ObjectiveName } from '../../app/contract/objectives.ts';
import { givenUpStatus } from '../../app/contract/service-metrics.ts';
import type { Board, Panel } from '../board.ts';
import { by, byInstance, driver, everything, ofCandidate, ofInstance, service } from '../board-scope.ts';
import { orZero } from '../cache-ratios.ts';
import { objectiveEvents } from '../objective-queries.ts';
import { badRatioName } from '../rules/burn-rates.ts';

const byRoute = ['candidate', 'http_route'] as const;
const ofRoute = '{{candidate}} {{http_route}}';
const requests = service.observations('requestDuration', { by });
const givenUp = { http_response_status_code: String(givenUpStatus) };
const failed = service.observations('requestDuration', {
  by,
  where: { http_response_status_code: { pattern: '5..' } },
});

/** The share of good events, as the alerts count them. */
function shareOfGood(promql: Parameters<typeof objectiveEvents>[0], name: ObjectiveName): string {
  const { all, good } = objectiveEvents(promql, name);
  return `${orZero(good, all)} / ${all}`;
}

function inTime(title: string, seconds: number, name: ObjectiveName): Panel {
  return {
    title,
    description: `Share of the reads within ${seconds * 1000} ms. The promise is ${objectives[name].target * 100} %. Below it, open a slow trace from the quantiles above.`,
    unit: 'percentunit',
    queries: [{ expr: shareOfGood(service, name), legend: ofCandidate }],
  };
}

/** The budget that is left, from what was recorded over the longest window that a run fills. */
function budgets(): Panel {
  const names = Object.keys(objectives) as ObjectiveName[];
  return {
    title: 'How fast are the budgets spent?',
    description:
      'Share of bad events over five minutes, held against what the promise allows: 1 spends the budget in exactly its period, 14.4 is an alert. A gap means that there were too few events.',
    unit: 'none',
    badFrom: 1,
    columns: 24,
    mayBeEmpty: 'there were too few events',
    queries: names.map((name) => ({
      expr: `${badRatioName(name, '5m')}{candidate=~"$candidate"} / ${Number((1 - objectives[name].target).toPrecision(6))}`,
      legend: `{{candidate}}: ${objectives[name].promise}`,
    })),
  };
}

export const serviceBoard: Board = {
  uid: 'darkroom-service',
  title: 'Darkroom: service and objectives',
  description: 'Whether people get what they ask for, and in time.',
  rows: [
    {
      title: 'Requests',
      panels: [
        {
          title: 'How many requests are answered?',
          description:
            'Per second, by candidate, and those whose clients did not wait for the answer. A fall without a fall of the load means that requests wait or fail.',
          unit: 'reqps',
          queries: [
            {
              expr: service.observations('requestDuration', {
                by,
                where: { http_response_status_code: { noneOf: [String(givenUpStatus)] } },
              }),
              legend: ofCandidate,
            },
            {
              expr: orZero(service.observations('requestDuration', { by, where: givenUp }), requests),
              legend: '{{candidate}} given up',
            },
          ],
        },
        {
          title: 'Which share of the requests fails?',
          description:
            'Answers with an error of the server. More than one in a thousand breaks the promise: see which route, below.',
          unit: 'percentunit',
          badFrom: 1 - objectives.availability.target,
          leadsTo: ['darkroom-stores'],
          queries: [{ expr: `${orZero(failed, requests)} / ${requests}`, legend: ofCandidate }],
        },
        {
          title: 'How many requests are under way?',
          description: 'Begun and not answered. It grows when requests come faster than they are answered.',
          unit: 'short',
          leadsTo: ['darkroom-load'],
          queries: [{ expr: service.sum('activeRequests', { by }), legend: ofCandidate }],
        },
        {
          title: 'How long do requests take?',
          description:
            'Quantiles inside the service; the client waits longer (board Load run). The points lead to traces of requests of that time.',
          unit: 's',
          columns: 24,
          leadsTo: ['darkroom-cache', 'darkroom-stores', 'darkroom-node'],
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: service.quantile(q, 'requestDuration', { by }),
            legend: `{{candidate}} p${q * 100}`,
            hasExemplars: true,
          })),
        },
        {
          title: 'How are the times of requests spread?',
          description:
            'Two bands are two kinds of request: hits and loads. A band that moves up moves a quantile only later.',
          unit: 's',
          kind: 'heatmap',
          queries: [{ expr: service.bucketRates('requestDuration'), legend: '{{le}}' }],
        },
        {
          title: 'Which routes are slowest?',
          description:
            'p99 of the five slowest routes. Feeds are the dearest reads, posts wait for an image.',
          unit: 's',
          leadsTo: ['darkroom-cache', 'darkroom-stores'],
          queries: [
            {
              expr: `topk(5, ${service.quantile(0.99, 'requestDuration', { by: byRoute })})`,
              legend: ofRoute,
              hasExemplars: true,
            },
          ],
        },
        {
          title: 'Which routes fail?',
          description:
            'Errors of the server per second, by route. One route is a fault of its code, all of them are a fault of what they share.',
          unit: 'reqps',
          mayBeEmpty: 'nothing has failed',
          queries: [
            {
              expr: service.observations('requestDuration', {
                by: byRoute,
                where: { http_response_status_code: { pattern: '5..' } },
              }),
              legend: ofRoute,
            },
          ],
        },
        {
          title: 'For how much of the time does a replica not know who may see what?',
          description:
            'One that does not is up, and answers RIGHTS_UNKNOWN (503) to everything that is not the same for all: see RightsUnknown in docs/runbooks.',
          unit: 'percentunit',
          badFrom: 0.1,
          leadsTo: ['darkroom-stores'],
          queries: [
            {
              expr: `1 - avg by (candidate, instance) (avg_over_time(${service.value('rightsKnown')}[$__rate_interval]))`,
              legend: ofInstance,
            },
          ],
        },
        {
          title: 'How much is refused because rights are not known?',
          description:
            'Questions about the rights of people, per second, that a replica could not answer. Each has failed a request.',
          unit: 'reqps',
          queries: [{ expr: service.rate('rightsRefusals', { by: byInstance }), legend: ofInstance }],
        },
      ],
    },
    {
      title: 'Promises',
      panels: [
        inTime('Are photos read in time?', photoReadSeconds, 'photoReads'),
        inTime('Are feeds read in time?', feedSeconds, 'feeds'),
        {
          title: 'Is a write seen after five seconds?',
          description: `Share of the reads of the witness that see what was written five seconds before. The promise is ${objectives.freshness.target * 100} %.`,
          unit: 'percentunit',
          leadsTo: ['darkroom-correctness'],
          queries: [
            {
              expr: shareOfGood(driver, 'freshness'),
              legend: ofCandidate,
            },
          ],
        },
        budgets(),
        {
          title: 'What is firing?',
          description:
            'Alerts that are pending or firing. What each means and what to do is in docs/runbooks of the repository, on the page of its name: RedisTierDown in redis-tier-down.md. The live page of `darkroom up` says it in a sentence.',
          unit: 'none',
          kind: 'table',
          columns: 24,
          mayBeEmpty: 'no alert is pending or firing',
          queries: [
            {
              expr: everything.max('alerts', { by: ['alertname', 'candidate', 'severity', 'alertstate'] }),
              legend: '{{alertname}} {{alertstate}}',
            },
          ],
        },
      ],
    },
  ],
};
