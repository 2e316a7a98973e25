import { stringify } from 'yaml';
import { exporterMetrics } from '../app/contract/exporter-metrics.ts';

/** A question that the exporter of PostgreSQL asks besides its own, and what it makes of the answer: `<name>_<column>` of each number. */
export type PostgresQuestion = {
  readonly name: string;
  readonly sql: string;
  readonly labels: readonly string[];
  readonly gauges: Readonly<Record<string, string>>;
};

const { postgresLockWaits, postgresBlocked } = exporterMetrics;

/** What a session is called: the program at its other end, or what it is in the server. */
const nameOf = (session: string): string =>
  `coalesce(nullif(${session}.application_name, ''), ${session}.backend_type, 'unknown')`;

/**
 * Sessions that wait for a lock, and the sessions that block them. Locks that are merely held do not matter:
 * any read takes some. `pg_blocking_pids` is called for waiting sessions only, since nobody gets a lock while
 * it runs.
 */
export const postgresQuestions: readonly PostgresQuestion[] = [
  {
    name: 'pg_lock_waits',
    sql: `SELECT databases.datname, count(waiting.pid) AS transactions
FROM pg_database AS databases
LEFT JOIN pg_stat_activity AS waiting
  ON waiting.datname = databases.datname AND waiting.wait_event_type = 'Lock'
WHERE databases.datallowconn AND NOT databases.datistemplate
GROUP BY databases.datname`,
    labels: ['datname'],
    gauges: { transactions: postgresLockWaits.help },
  },
  {
    name: 'pg_blocked',
    sql: `SELECT waiting.datname, ${nameOf('waiting')} AS waits, ${nameOf('holding')} AS holds,
  waiting.wait_event AS for_what, count(*) AS transactions
FROM pg_stat_activity AS waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocking(pid)
JOIN pg_stat_activity AS holding ON holding.pid = blocking.pid
WHERE waiting.wait_event_type = 'Lock' AND waiting.datname IS NOT NULL
GROUP BY waiting.datname, waits, holds, waiting.wait_event
ORDER BY transactions DESC
LIMIT 50`,
    labels: ['datname', 'waits', 'holds', 'for_what'],
    gauges: { transactions: postgresBlocked.help },
  },
];

/** The file of the exporter's option `--extend.query-path`. */
export function postgresQuestionsFile(): string {
  const column = (name: string, usage: 'LABEL' | 'GAUGE', description: string) => ({
    [name]: { usage, description },
  });
  const file = postgresQuestions.map(({ name, sql, labels, gauges }) => [
    name,
    {
      query: sql,
      metrics: [
        ...labels.map((label) => column(label, 'LABEL', label)),
        ...Object.entries(gauges).map(([gauge, help]) => column(gauge, 'GAUGE', help)),
      ],
    },
  ]);
  return stringify(Object.fromEntries(file), { lineWidth: 0 });
}
