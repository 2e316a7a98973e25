import { objectives } from '../../app/contract/objectives.ts';
import { withText } from '../board.ts';
import type { Board, Panel } from '../board.ts';
import { titleOf } from '../board-names.ts';
import { by, driverLately, leadingRates, ofCandidate, rarely, service } from '../board-scope.ts';
import { orZero } from '../cache-ratios.ts';

const byReader = ['candidate', 'reader'] as const;
const byOutcome = ['candidate', 'outcome'] as const;
const ofOutcome = '{{candidate}} {{outcome}}';
/** What may be lost on the way, at either end of it. */
const losses = { outcome: { anyOf: ['failed', 'disconnected', 'loss-noticed'] } } as const;
const checks = (where: { readonly horizon?: string; readonly outcome?: string; readonly reader?: string }) =>
  driverLately.rate('consistencyChecks', { by, where });
const staleShare = (where: { readonly horizon: string; readonly reader?: string }): string =>
  `${orZero(checks({ ...where, outcome: 'stale' }), checks(where))} / (${checks(where)} > 0)`;

const seen: readonly Panel[] = [
  {
    title: 'Do reads miss what was just written?',
    description:
      'Share of the reads of the witness that did not have the acknowledged edit, by how long after it they were sent, within the window of rare events. Strategies differ: docs/strategies.md says what each allows.',
    unit: 'percentunit',
    columns: 24,
    leadsTo: ['darkroom-cache'],
    queries: ['0ms', '100ms', '1s', '5s'].map((horizon) => ({
      expr: staleShare({ horizon }),
      legend: `{{candidate}} after ${horizon}`,
    })),
  },
  {
    title: 'Do people see their own writes?',
    description:
      'Share of the reads through the replica that has written, at once, that have the edit. Anything below 100 % is felt by people.',
    unit: 'percentunit',
    columns: 12,
    badBelow: objectives.freshness.target,
    queries: [{ expr: `1 - ${staleShare({ horizon: '0ms', reader: 'same' })}`, legend: ofCandidate }],
  },
  {
    title: 'How late is a write seen (p95)?',
    description:
      'From its acknowledgement to the first check that saw it, through the same replica and through the other.',
    unit: 's',
    columns: 12,
    queries: [
      {
        expr: driverLately.quantile(0.95, 'visibilityLag', { by: byReader }),
        legend: '{{candidate}} {{reader}}',
      },
    ],
  },
  {
    title: 'How far behind are stale reads?',
    description: 'Versions, mean over the stale reads. More than one: several writes were missed.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: 'no read was stale',
    queries: [
      { expr: driverLately.mean('versionsBehind', { by: byReader }), legend: '{{candidate}} {{reader}}' },
    ],
  },
  {
    title: 'How much does the witness look?',
    description:
      'Checks per second, and those among them that found nothing, or failed. Without it the figures above mean nothing.',
    unit: 'ops',
    columns: 12,
    queries: [
      { expr: checks({}), legend: '{{candidate}} checks' },
      {
        expr: driverLately.rate('consistencyChecks', {
          by,
          where: { outcome: { anyOf: ['missing', 'failed'] } },
        }),
        legend: '{{candidate}} in vain',
      },
    ],
  },
];

const heard: readonly Panel[] = [
  {
    title: 'How many invalidations are sent?',
    description: 'Sent and received per second. Each of the other replicas receives what one of them sends.',
    unit: 'ops',
    queries: [
      {
        expr: service.rate('cacheInvalidations', {
          by: byOutcome,
          where: { outcome: { anyOf: ['sent', 'received'] } },
        }),
        legend: ofOutcome,
      },
    ],
  },
  {
    title: 'Do invalidations get through?',
    description:
      'Within the window of rare events: those that failed, and how often a receiver was disconnected or noticed a loss, and has missed some.',
    unit: 'short',
    badFrom: 1,
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: leadingRates(rarely, 'cacheInvalidations', { by: byOutcome, where: losses }),
        legend: ofOutcome,
      },
    ],
  },
  {
    title: 'How late are invalidations (p99)?',
    description: 'From the writer (or the commit, with a change stream) to the other replica.',
    unit: 's',
    leadsTo: ['darkroom-stores', 'darkroom-node'],
    queries: [{ expr: service.quantile(0.99, 'cacheInvalidationLag', { by }), legend: ofCandidate }],
  },
  {
    title: 'Do acknowledged writes reach storage?',
    description:
      'Writes through the queue of write-behind within the window of rare events, by what became of them. Appended and flushed must agree over time.',
    unit: 'short',
    columns: 12,
    mayBeEmpty: 'no candidate defers writes',
    leadsTo: ['darkroom-stores'],
    queries: [
      {
        expr: leadingRates(rarely, 'cacheQueuedWrites', { by: byOutcome }),
        legend: ofOutcome,
      },
    ],
  },
  {
    title: 'How long do acknowledged writes wait (p95)?',
    description: 'The oldest of each batch: how long the database lags behind what people were told.',
    unit: 's',
    columns: 12,
    mayBeEmpty: 'no candidate defers writes',
    queries: [{ expr: service.quantile(0.95, 'cacheQueueWait', { by }), legend: ofCandidate }],
  },
];

export const correctnessBoard: Board = {
  uid: 'darkroom-correctness',
  title: titleOf('darkroom-correctness'),
  description: 'Whether reads see what was written, and how late.',
  rows: [
    { title: 'What the witness sees', panels: withText('no witness looks', seen) },
    { title: 'How replicas hear of writes', panels: heard },
  ],
};
