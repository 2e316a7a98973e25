import type { Panel } from '../board.ts';
import {
  by,
  byInstance,
  inView,
  leading,
  leadingTails,
  ofCandidate,
  ofInstance,
  peakInView,
  rarely,
  service,
} from '../board-scope.ts';
import { gaugeShare } from '../gauge-share.ts';

const byStatement = ['candidate', 'db_operation_name'] as const;
const ofStatement = '{{candidate}} {{db_operation_name}}';

/** PostgreSQL as the service meets it. */
export const storagePanels: readonly Panel[] = [
  {
    title: 'How long do queries take (p99)?',
    description:
      'By the name of the statement, with the wait for a connection: those that take most of the time in view.',
    unit: 's',
    columns: 12,
    queries: [
      {
        expr: leadingTails('storageDuration', { by: byStatement }),
        legend: ofStatement,
      },
    ],
  },
  {
    title: 'Which queries are made?',
    description: 'Per second, by the name of the statement: the most frequent ones in the time in view.',
    unit: 'ops',
    columns: 12,
    leadsTo: ['darkroom-cache'],
    queries: [
      {
        expr: leading(
          inView.observations('storageDuration', { by: byStatement }),
          byStatement,
          service.observations('storageDuration', { by: byStatement }),
        ),
        legend: ofStatement,
      },
    ],
  },
  {
    title: 'Who waits for a connection?',
    description:
      'Requests that wait, of each replica. More than none for long: queries are slow, or there are too many.',
    unit: 'short',
    badFrom: 1,
    queries: [
      {
        expr: leading(
          peakInView(service, 'storageConnections', { by: byInstance, where: { state: 'pending' } }),
          byInstance,
          service.sum('storageConnections', { by: byInstance, where: { state: 'pending' } }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'How much of the pool is in use?',
    description:
      'Connections in use, of those that a process may have: the busiest ones in the time in view.',
    unit: 'percentunit',
    queries: [
      {
        expr: leading(
          peakInView(service, 'storageConnections', { by: byInstance, where: { state: 'used' } }),
          byInstance,
          gaugeShare(service, 'storageConnections', 'storageConnectionsMax', { state: 'used' }),
        ),
        legend: ofInstance,
      },
    ],
  },
  {
    title: 'Are queries refused?',
    description:
      'Within the window of rare events: not sent, because too many waited for a connection. Their requests end with 503, and they are in no other figure of queries.',
    unit: 'short',
    badFrom: 1,
    leadsTo: ['darkroom-service'],
    queries: [{ expr: rarely.rate('storageRefusals', { by }), legend: ofCandidate }],
  },
  {
    title: 'Do queries fail?',
    description: 'How many failed within the window of rare events. With which codes is said beside it.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    queries: [{ expr: rarely.rate('storageFailures', { by }), legend: ofCandidate }],
  },
  {
    title: 'Which errors has PostgreSQL given?',
    description: "Queries that failed since their process began, by PostgreSQL's code of the error.",
    unit: 'string',
    kind: 'table',
    columns: 12,
    mayBeEmpty: 'none has failed',
    table: [
      { of: 'candidate', title: 'Candidate' },
      { of: 'error_type', title: 'Code' },
      { of: 0, title: 'Queries', unit: 'short' },
    ],
    queries: [
      {
        expr: `sum by (candidate, error_type) (${service.select('storageDuration', '_count', { error_type: { pattern: '.+' } })})`,
        legend: '{{error_type}}',
      },
    ],
  },
];
