import { answeredByEdge } from '../../app/contract/edge-metrics.ts';
import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import {
  by,
  byInstance,
  inView,
  lapseInView,
  lately,
  leading,
  leadingRates,
  ofCandidate,
  ofInstance,
  peakInView,
  rareWindow,
  service,
} from '../board-scope.ts';
import { answering, changes, growth } from '../panels/first-row.ts';
import type { PartOfService } from '../panels/first-row.ts';
import { evictionsPerRequestMax } from '../rules/edge-alerts.ts';

const noEdge = 'no candidate has an edge';
const kept = ['hit', 'stale', 'revalidated', 'miss', 'joined'];
const byOutcome = ['candidate', 'outcome'] as const;
const byClass = ['candidate', 'class'] as const;
/** The share of the time in which edges should run: nobody is answered while one is started again. */
const runningShare = 0.999;
const edges: PartOfService = { who: 'edges', processes: service.value('edgeUp'), kinds: ['edge'] };
const requests = (outcomes: readonly string[]): string =>
  service.rate('edgeRequests', { by, where: { outcome: { anyOf: outcomes } } });

/** A gauge of the edges, for those in which it was greatest in the time in view. */
function greatest(key: 'edgeMemory' | 'edgeObjects'): Panel['queries'] {
  const of = { by: byInstance };
  const expr = leading(peakInView(service, key, of), byInstance, service.max(key, of));
  return [{ expr, legend: ofInstance }];
}

const atAGlance: readonly Panel[] = [
  {
    title: 'Is the edge there for everybody?',
    description:
      'Share of the time, within the window of rare events, in which its HTTP cache runs; and of the edges, those whose process answers. While one is started again nobody is answered through it.',
    unit: 'percentunit',
    badBelow: runningShare,
    answers: 'works',
    mayBeEmpty: noEdge,
    leadsTo: ['darkroom-service'],
    queries: [
      {
        expr: `min by (candidate) (avg_over_time(${service.value('edgeUp')}[${rareWindow}]))`,
        legend: '{{candidate}} runs',
      },
      { expr: answering(edges), legend: '{{candidate}} edges' },
    ],
  },
  {
    title: 'What is the edge short of?',
    description:
      'Memory: how many objects had to go for want of it, for each request. One for each miss is well, as of any memory that is full; where half of all requests evict something, edge-memory is too small. Beside it how busy the event loop is that hears of writes.',
    unit: 'percentunit',
    badFrom: evictionsPerRequestMax,
    answers: 'short',
    mayBeEmpty: noEdge,
    queries: [
      {
        expr: `${lately.rate('edgeEvictions', { by })} / (${lately.rate('edgeRequests', { by })} > 0)`,
        legend: '{{candidate}} evicted',
      },
      {
        expr: `max by (candidate) (${service.value('eventLoopUtilization')} and on (${byInstance.join(', ')}) ${edges.processes})`,
        legend: '{{candidate}} event loop',
      },
    ],
  },
  {
    ...changes(edges, [growth('requests', (promql) => promql.rate('edgeRequests', { by }))]),
    mayBeEmpty: noEdge,
  },
];

const answers: readonly Panel[] = [
  {
    title: 'Who answers what comes to the edge?',
    description:
      'Requests per second by what became of them. hit, stale and joined ask nothing of the service; pass is a write, or depends on who asks.',
    unit: 'reqps',
    columns: 12,
    mayBeEmpty: noEdge,
    leadsTo: ['darkroom-service'],
    queries: [
      {
        expr: leadingRates(service, 'edgeRequests', { by: byOutcome }),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
  {
    title: 'What is asked of the edge?',
    description: 'Requests per second by class. What is other, an edge keeps nothing of.',
    unit: 'reqps',
    columns: 12,
    mayBeEmpty: noEdge,
    queries: [
      {
        expr: leadingRates(service, 'edgeRequests', { by: byClass }),
        legend: '{{candidate}} {{class}}',
      },
    ],
  },
  {
    title: 'How much does the edge spare the service?',
    description:
      'The share of what may be kept that did not wait for the service (hit ratio), and of all requests that the edge answered itself (offload). A low hit ratio with many evictions: edge-memory is too small.',
    unit: 'percentunit',
    columns: 12,
    mayBeEmpty: noEdge,
    queries: [
      { expr: `${requests(['hit', 'stale'])} / (${requests(kept)} > 0)`, legend: '{{candidate}} hit ratio' },
      {
        expr: `${requests(answeredByEdge)} / (${service.rate('edgeRequests', { by })} > 0)`,
        legend: '{{candidate}} offload',
      },
    ],
  },
  {
    title: 'How many bytes does the edge send?',
    description: 'Bytes of bodies per second, by who had them.',
    unit: 'Bps',
    columns: 12,
    mayBeEmpty: noEdge,
    queries: [
      {
        expr: leadingRates(service, 'edgeBytes', { by: byOutcome }),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
];

const outdated: readonly Panel[] = [
  {
    title: 'How often does a page lack what was acknowledged?',
    description:
      'Pages of photos and comments per second that lacked a write whose answer the edge had passed on before they were asked for. By the edge (hit, stale, joined): edge-purge=ttl, or it had asked a replica that had not heard of the write. By the service (miss, pass): that replica itself; see how replicas hear of writes.',
    unit: 'reqps',
    columns: 12,
    mayBeEmpty: noEdge,
    leadsTo: ['darkroom-correctness'],
    queries: [
      {
        expr: leading(
          inView.observations('edgeOutdatedAge', { by: byOutcome }),
          byOutcome,
          service.observations('edgeOutdatedAge', { by: byOutcome }),
        ),
        legend: '{{candidate}} {{outcome}}',
      },
    ],
  },
  {
    title: 'For how long had that been acknowledged?',
    description:
      'Mean over those pages of the time from the answer of the first write that they lack until they were asked for. No more than edge-ttl and edge-stale where the service hears of every write; else as long as its entries live, too.',
    unit: 's',
    columns: 12,
    mayBeEmpty: 'no page lacked what was acknowledged',
    queries: [{ expr: service.mean('edgeOutdatedAge', { by }), legend: ofCandidate }],
  },
];

const objects: readonly Panel[] = [
  {
    title: 'Which edges run?',
    description: 'Its HTTP cache answers, or nobody is answered until it was started again.',
    unit: 'bool_yes_no',
    mayBeEmpty: noEdge,
    queries: [
      {
        expr: leading(
          lapseInView('edgeUp', byInstance),
          byInstance,
          service.max('edgeUp', { by: byInstance }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How much do the objects take?',
    description: 'Memory. Up to edge-memory; then each new one evicts others.',
    unit: 'bytes',
    mayBeEmpty: noEdge,
    queries: greatest('edgeMemory'),
  },
  {
    title: 'How many objects does it have?',
    description: 'Also those of which it only knows that they may not be kept.',
    unit: 'short',
    mayBeEmpty: noEdge,
    queries: greatest('edgeObjects'),
  },
  {
    title: 'What leaves it before its time?',
    description:
      'Objects per second: evicted for want of memory, and purged since a write has changed them (none: a write of which nothing was there).',
    unit: 'ops',
    columns: 12,
    mayBeEmpty: noEdge,
    queries: [
      { expr: service.rate('edgeEvictions', { by }), legend: '{{candidate}} evicted' },
      { expr: service.rate('edgePurges', { by: byOutcome }), legend: '{{candidate}} {{outcome}}' },
    ],
  },
  {
    title: 'How often does it ask behind an answer?',
    description: 'Refreshes per second: a stale object was sent, and is asked for anew.',
    unit: 'ops',
    columns: 12,
    mayBeEmpty: noEdge,
    queries: [{ expr: service.rate('edgeRefreshes', { by }), legend: ofCandidate }],
  },
];

export const edgeBoard: Board = {
  uid: 'darkroom-edge',
  title: titleOf('darkroom-edge'),
  description: 'The HTTP cache in front of the replicas: images, and what is public.',
  rows: [
    { title: 'At a glance', panels: atAGlance },
    { title: 'Answers', panels: answers },
    { title: 'What pages lack', panels: outdated },
    { title: 'What it keeps', panels: objects },
  ],
};
