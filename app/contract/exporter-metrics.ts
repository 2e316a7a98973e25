import type { Metric } from './metric.ts';

/** What is used of the exporters of PostgreSQL and Redis (prometheus-community/postgres_exporter, oliver006/redis_exporter). */
export const exporterMetrics = {
  postgresUp: {
    name: 'pg_up',
    type: 'gauge',
    help: 'Whether the exporter reaches PostgreSQL',
    labels: [],
  },
  postgresCommits: {
    name: 'pg_stat_database_xact_commit',
    type: 'counter',
    help: 'Transactions committed',
    labels: ['datname'],
  },
  postgresRollbacks: {
    name: 'pg_stat_database_xact_rollback',
    type: 'counter',
    help: 'Transactions rolled back',
    labels: ['datname'],
  },
  postgresBlocksHit: {
    name: 'pg_stat_database_blks_hit',
    type: 'counter',
    help: 'Blocks found in the buffer cache',
    labels: ['datname'],
  },
  postgresBlocksRead: {
    name: 'pg_stat_database_blks_read',
    type: 'counter',
    help: 'Blocks read from outside the buffer cache',
    labels: ['datname'],
  },
  postgresRowsReturned: {
    name: 'pg_stat_database_tup_returned',
    type: 'counter',
    help: 'Rows read by queries',
    labels: ['datname'],
  },
  postgresDeadlocks: {
    name: 'pg_stat_database_deadlocks',
    type: 'counter',
    help: 'Deadlocks',
    labels: ['datname'],
  },
  postgresConnections: {
    name: 'pg_stat_database_numbackends',
    type: 'gauge',
    help: 'Connections of a database',
    labels: ['datname'],
  },
  /** By the questions that the exporter is told to ask besides (`dashboards/generated/postgres-exporter/queries.yml`). */
  postgresLockWaits: {
    name: 'pg_lock_waits_transactions',
    type: 'gauge',
    help: 'Transactions that wait for a lock',
    labels: ['datname'],
  },
  postgresBlocked: {
    name: 'pg_blocked_transactions',
    type: 'gauge',
    help: 'Transactions that wait for a lock, by who holds it',
    labels: ['datname', 'waits', 'holds', 'for_what'],
  },
  postgresSlotLag: {
    name: 'pg_replication_slots_pg_wal_lsn_diff',
    type: 'gauge',
    help: 'Bytes of log that PostgreSQL keeps for a replication slot',
    labels: ['slot_name'],
  },
  postgresSlotActive: {
    name: 'pg_replication_slots_active',
    type: 'gauge',
    help: 'Whether somebody reads a replication slot',
    labels: ['slot_name'],
  },
  redisUp: { name: 'redis_up', type: 'gauge', help: 'Whether the exporter reaches Redis', labels: [] },
  redisCommands: {
    name: 'redis_commands_total',
    type: 'counter',
    help: 'Commands processed',
    labels: ['cmd'],
  },
  redisCommandSeconds: {
    name: 'redis_commands_duration_seconds_total',
    type: 'counter',
    help: 'Time that commands took inside Redis',
    labels: ['cmd'],
  },
  redisMemoryUsed: {
    name: 'redis_memory_used_bytes',
    type: 'gauge',
    help: 'Memory in use',
    labels: [],
  },
  redisMemoryMax: {
    name: 'redis_memory_max_bytes',
    type: 'gauge',
    help: 'Memory allowed; 0: no limit',
    labels: [],
  },
  redisFragmentation: {
    name: 'redis_mem_fragmentation_ratio',
    type: 'gauge',
    help: 'Resident over used memory',
    labels: [],
  },
  redisKeyspaceHits: {
    name: 'redis_keyspace_hits_total',
    type: 'counter',
    help: 'Look-ups that found a key',
    labels: [],
  },
  redisKeyspaceMisses: {
    name: 'redis_keyspace_misses_total',
    type: 'counter',
    help: 'Look-ups that found none',
    labels: [],
  },
  redisEvicted: {
    name: 'redis_evicted_keys_total',
    type: 'counter',
    help: 'Keys evicted for room',
    labels: [],
  },
  redisExpired: { name: 'redis_expired_keys_total', type: 'counter', help: 'Keys expired', labels: [] },
  redisClients: { name: 'redis_connected_clients', type: 'gauge', help: 'Connections', labels: [] },
  redisBlockedClients: {
    name: 'redis_blocked_clients',
    type: 'gauge',
    help: 'Connections that wait for a key',
    labels: [],
  },
} as const satisfies Record<string, Metric>;

/** What Prometheus says of its own scrapes and alerts. */
export const prometheusMetrics = {
  /** `kind`: of the processes beside the replicas, which they are. */
  up: { name: 'up', type: 'gauge', help: 'Whether the last scrape succeeded', labels: ['kind'] },
  scrapeDuration: {
    name: 'scrape_duration_seconds',
    type: 'gauge',
    help: 'Time of the last scrape',
    labels: [],
  },
  scrapeSamples: {
    name: 'scrape_samples_scraped',
    type: 'gauge',
    help: 'Samples of the last scrape',
    labels: [],
  },
  scrapeSeriesAdded: {
    name: 'scrape_series_added',
    type: 'gauge',
    help: 'New series in the last scrape',
    labels: [],
  },
  alerts: {
    name: 'ALERTS',
    type: 'gauge',
    help: 'Alerts that are pending or firing',
    labels: ['alertname', 'alertstate', 'severity'],
  },
  exemplarsInStorage: {
    name: 'prometheus_tsdb_exemplar_exemplars_in_storage',
    type: 'gauge',
    help: 'Exemplars that Prometheus holds',
    labels: [],
  },
  ruleEvaluationFailures: {
    name: 'prometheus_rule_evaluation_failures_total',
    type: 'counter',
    help: 'Rules that could not be evaluated',
    labels: ['rule_group'],
  },
} as const satisfies Record<string, Metric>;
