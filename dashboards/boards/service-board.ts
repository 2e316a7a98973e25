import { feedSeconds, objectives, photoReadSeconds } from '../../app/contract/objectives.ts';
import type { ObjectiveName } from '../../app/contract/objectives.ts';
import { givenUpStatus } from '../../app/contract/service-metrics.ts';
import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  byInstance,
  driverLately,
  everything,
  inView,
  lapseInView,
  lately,
  leading,
  leadingRates,
  leadingTails,
  ofCandidate,
  ofInstance,
  rarely,
  service,
} from '../board-scope.ts';
import { orZero } from '../cache-ratios.ts';
import { objectiveEvents } from '../objective-queries.ts';
import { answering, changes, growth, shortage } from '../panels/first-row.ts';
import type { PartOfService } from '../panels/first-row.ts';
import { rounded } from '../rounded.ts';
import { badRatioName } from '../rules/burn-rates.ts';

const byRoute = ['candidate', 'http_route'] as const;
const ofRoute = '{{candidate}} {{http_route}}';
const alertLabels = ['alertname', 'candidate', 'instance', 'severity', 'alertstate'] as const;
const replicas: PartOfService = { who: 'replicas', processes: service.value('rightsKnown'), kinds: null };
const requests = service.observations('requestDuration', { by });
const givenUp = { http_response_status_code: String(givenUpStatus) };
/**
 * Made of series that are there from the start. Where a series begins with its first failure, no rate
 * contains that failure.
 */
const failedShare = `${lately.rate('requests', { by, where: { outcome: 'failed' } })} / (${lately.rate('requests', { by })} > 0)`;

/** What a legend calls the promises, whose words are too many for it. */
const promises: Readonly<Record<ObjectiveName, string>> = {
  availability: 'without errors',
  photoReads: 'photos in time',
  feeds: 'feeds in time',
  freshness: 'writes seen',
};

/** The share of good events, as the alerts count them. */
function shareOfGood(promql: Parameters<typeof objectiveEvents>[0], name: ObjectiveName): string {
  const { all, good } = objectiveEvents(promql, name);
  return `${orZero(good, all)} / (${all} > 0)`;
}

function inTime(title: string, seconds: number, name: ObjectiveName): Panel {
  const { target } = objectives[name];
  return {
    title,
    description: `Share of the reads within ${seconds * 1000} ms. The promise is ${target * 100} %. Below it, open a slow trace from the quantiles above.`,
    unit: 'percentunit',
    badBelow: target,
    queries: [{ expr: shareOfGood(lately, name), legend: ofCandidate }],
  };
}

/** The budget that is left, from what was recorded over the longest window that a run fills. */
function budgets(): Panel {
  const names = Object.keys(objectives) as ObjectiveName[];
  return {
    title: 'How fast are the budgets spent?',
    description: `Share of bad events over five minutes, held against what the promise allows: 1 spends the budget in exactly its period, 14.4 is an alert. A gap means that there were too few events. ${names.map((name) => `${promises[name]}: ${objectives[name].promise}`).join('; ')}.`,
    unit: 'short',
    badFrom: 1,
    columns: 24,
    mayBeEmpty: 'there were too few events',
    queries: names.map((name) => ({
      expr: `${badRatioName(name, '5m')}{candidate=~"$candidate"} / ${rounded(1 - objectives[name].target)}`,
      legend: `{{candidate}} ${promises[name]}`,
    })),
  };
}

/** One quantile in a panel, so that each candidate keeps its colour. Exemplars are of the slowest. */
function howLong(q: number): Panel {
  return {
    title: `How long do requests take (p${q * 100})?`,
    description:
      'Inside the service; the client waits longer (board Load run). The points of p99 lead to traces of requests of that time.',
    unit: 's',
    leadsTo: ['darkroom-cache', 'darkroom-stores', 'darkroom-node'],
    queries: [
      {
        expr: service.quantile(q, 'requestDuration', { by }),
        legend: ofCandidate,
        ...(q === 0.99 && { hasExemplars: true }),
      },
    ],
  };
}

const atAGlance: readonly Panel[] = [
  {
    title: 'Which share of the requests fails?',
    description:
      'Answers with an error of the server, within the window of rare events: more than one in a thousand breaks the promise, and below it is said which routes. Beside it the share of the replicas that do not answer their scrape: nothing is known of theirs.',
    unit: 'percentunit',
    badFrom: 1 - objectives.availability.target,
    answers: 'works',
    leadsTo: ['darkroom-stores'],
    queries: [
      { expr: failedShare, legend: '{{candidate}} failed' },
      { expr: `1 - ${answering(replicas)}`, legend: '{{candidate}} replicas away' },
    ],
  },
  shortage(replicas),
  changes(replicas, [growth('requests', (promql) => promql.observations('requestDuration', { by }))]),
  {
    title: 'What is firing?',
    description:
      'Alerts that are pending or firing. What each means and what to do is in docs/runbooks of the repository, on the page of its name: RedisTierDown in redis-tier-down.md. The live page of `darkroom up` says it in a sentence.',
    unit: 'string',
    kind: 'table',
    columns: 24,
    mayBeEmpty: 'no alert is pending or firing',
    table: [
      { of: 'alertname', title: 'Alert' },
      { of: 'alertstate', title: 'State' },
      { of: 'severity', title: 'Severity' },
      { of: 'candidate', title: 'Candidate' },
      { of: 'instance', title: 'Process' },
    ],
    queries: [{ expr: everything.max('alerts', { by: alertLabels }), legend: '{{alertname}}' }],
  },
];

const asked: readonly Panel[] = [
  {
    title: 'How many requests are answered?',
    description:
      'Per second, by candidate, and those whose clients did not wait for the answer. A fall without a fall of the load means that requests wait or fail.',
    unit: 'reqps',
    columns: 12,
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
    title: 'How many requests are under way?',
    description: 'Begun and not answered. It grows when requests come faster than they are answered.',
    unit: 'short',
    columns: 12,
    leadsTo: ['darkroom-load'],
    queries: [{ expr: service.sum('activeRequests', { by }), legend: ofCandidate }],
  },
  ...[0.5, 0.95, 0.99].map(howLong),
  {
    title: 'How are request times spread?',
    description:
      'Two bands are two kinds of request: hits and loads. A band that moves up moves a quantile only later.',
    unit: 's',
    kind: 'heatmap',
    queries: [{ expr: service.bucketRates('requestDuration'), legend: '{{le}}' }],
  },
  {
    title: 'Which routes are slowest (p99)?',
    description:
      'Of the routes that take most of the time in view. Feeds are the dearest reads, posts wait for an image.',
    unit: 's',
    leadsTo: ['darkroom-cache', 'darkroom-stores'],
    queries: [
      {
        expr: leadingTails('requestDuration', { by: byRoute }),
        legend: ofRoute,
      },
    ],
  },
  {
    title: 'Which routes fail?',
    description:
      'How often the server failed within the window of rare events, of the routes that failed most in the time in view. One route is a fault of its code, all of them are a fault of what they share.',
    unit: 'short',
    mayBeEmpty: 'nothing has failed',
    queries: [
      {
        expr: leading(
          `${inView.rate('requestFailures', { by: byRoute })} > 0`,
          byRoute,
          rarely.rate('requestFailures', { by: byRoute }),
        ),
        legend: ofRoute,
      },
    ],
  },
  {
    title: 'How long does a replica not know who may see what?',
    description:
      'Share of the time. One that does not is up, and answers RIGHTS_UNKNOWN (503) to everything that is not the same for all: see RightsUnknown in docs/runbooks.',
    unit: 'percentunit',
    columns: 12,
    badFrom: 0.1,
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: leading(
          lapseInView('rightsKnown', byInstance),
          byInstance,
          `1 - avg by (candidate, instance) (avg_over_time(${service.value('rightsKnown')}[$__rate_interval]))`,
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How much is refused because rights are not known?',
    description:
      'Questions about the rights of people, within the window of rare events, that a replica could not answer. Each has failed a request.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    queries: [
      {
        expr: leadingRates(rarely, 'rightsRefusals', { by: byInstance }),
        legend: ofInstance,
      },
    ],
  },
];

const promised: readonly Panel[] = [
  inTime('Are photos read in time?', photoReadSeconds, 'photoReads'),
  inTime('Are feeds read in time?', feedSeconds, 'feeds'),
  {
    title: 'Is a write seen after 5 s?',
    description: `Share of the reads of the witness that see what was written five seconds before. The promise is ${objectives.freshness.target * 100} %.`,
    unit: 'percentunit',
    badBelow: objectives.freshness.target,
    mayBeEmpty: 'no witness looks',
    leadsTo: ['darkroom-correctness'],
    queries: [{ expr: shareOfGood(driverLately, 'freshness'), legend: ofCandidate }],
  },
  budgets(),
];

export const serviceBoard: Board = {
  uid: 'darkroom-service',
  title: titleOf('darkroom-service'),
  description: 'Whether people get what they ask for, and in time.',
  rows: [
    { title: 'At a glance', panels: atAGlance },
    { title: 'Requests', panels: asked },
    { title: 'Promises', panels: promised },
  ],
};
