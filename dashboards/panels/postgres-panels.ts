import type { Panel } from '../board.ts';
import { leading, peakInView, postgres, postgresInView, postgresRarely } from '../board-scope.ts';

const byDatabase = ['candidate', 'datname'] as const;
const named = { datname: { pattern: '.+' } } as const;
const ofDatabase = '{{whose}}';
const found = postgres.rate('postgresBlocksHit');
const waitLabels = ['datname', 'waits', 'holds', 'for_what'] as const;

/**
 * Sums series by candidate, where Prometheus knows whose world a database belongs to; by the name of the
 * database elsewhere.
 */
function ofWorld(expr: string): string {
  const byName = `label_replace(${expr}, "whose", "$1", "datname", "(.+)")`;
  return `sum by (whose) (label_replace(${byName}, "whose", "$1", "candidate", "(.+)"))`;
}

/** The rate of a counter, for the databases in which it grew most in the time in view. */
function growing(key: 'postgresCommits' | 'postgresRollbacks' | 'postgresRowsReturned'): Panel['queries'] {
  const of = { by: byDatabase, where: named };
  const expr = leading(ofWorld(postgresInView.rate(key, of)), ['whose'], ofWorld(postgres.rate(key, of)));
  return [{ expr, legend: ofDatabase }];
}

/** A gauge of databases, for those in which it was greatest in the time in view. */
function greatest(key: 'postgresConnections' | 'postgresLockWaits'): Panel['queries'] {
  const of = { by: byDatabase, where: named };
  const expr = leading(ofWorld(peakInView(postgres, key, of)), ['whose'], ofWorld(postgres.sum(key, of)));
  return [{ expr, legend: ofDatabase }];
}

/** What PostgreSQL says of itself. */
export const postgresPanels: readonly Panel[] = [
  {
    title: 'How many transactions are made?',
    description: 'Committed per second over the window of rare events, by candidate or database.',
    unit: 'ops',
    queries: growing('postgresCommits'),
  },
  {
    title: 'How many are rolled back?',
    description:
      'Transactions per second over the window of rare events, by candidate or database. Some are: what loses a race begins anew.',
    unit: 'ops',
    queries: growing('postgresRollbacks'),
  },
  {
    title: 'How many rows do queries read?',
    description:
      'Per second over the window of rare events. A jump without more queries is a plan that reads whole tables.',
    unit: 'ops',
    queries: growing('postgresRowsReturned'),
  },
  {
    title: 'Are blocks found in memory?',
    description: 'Share of the blocks that were in its own cache. Below 99 % it reads from disk.',
    unit: 'percentunit',
    badBelow: 0.99,
    queries: [
      {
        expr: `${found} / (${found} + ${postgres.rate('postgresBlocksRead')} > 0)`,
        legend: 'in memory',
      },
    ],
  },
  {
    title: 'Who is connected?',
    description: 'Connections, by candidate or database.',
    unit: 'short',
    queries: greatest('postgresConnections'),
  },
  {
    title: 'Does anybody hold back the log?',
    description:
      'Bytes of log that a replication slot has not confirmed. It is kept until they are, up to a limit.',
    unit: 'bytes',
    mayBeEmpty: 'no candidate reads the change stream',
    queries: [
      {
        expr: leading(
          peakInView(postgres, 'postgresSlotLag', { by: ['slot_name'] }),
          ['slot_name'],
          postgres.max('postgresSlotLag', { by: ['slot_name'] }),
        ),
        legend: '{{slot_name}}',
      },
    ],
  },
  {
    title: 'Do transactions block each other?',
    description:
      'Those that wait for a lock now, and deadlocks within the window of rare events. Locks that are held and block nobody are not counted: any reading takes some.',
    unit: 'short',
    columns: 12,
    badFrom: 1,
    queries: [
      ...greatest('postgresLockWaits'),
      { expr: postgresRarely.rate('postgresDeadlocks'), legend: 'deadlocks' },
    ],
  },
  {
    title: 'Who waits for whom?',
    description:
      'Transactions that wait now, the programs of both sides, and the lock. What holds and is idle in its transaction has forgotten to end it.',
    unit: 'string',
    kind: 'table',
    columns: 12,
    mayBeEmpty: 'nobody waits for anybody',
    table: [
      { of: 'datname', title: 'Database' },
      { of: 'waits', title: 'Waits' },
      { of: 'holds', title: 'For' },
      { of: 'for_what', title: 'Lock' },
      { of: 0, title: 'Transactions', unit: 'short' },
    ],
    queries: [{ expr: postgres.sum('postgresBlocked', { by: waitLabels }), legend: '{{waits}}' }],
  },
];
