/**
 * The metrics that the service exposes and that the command line and the dashboards read. Units are seconds and bytes.
 * Labels are bounded: a key or an id is never a label.
 */
export const metricNames = {
  /** Histogram; labels `http_request_method, http_route, http_response_status_code, cache_strategy`. */
  requestDuration: 'http_server_request_duration_seconds',
  /** Counter; labels `cache_name, cache_strategy`. Counted where a read is asked, before any tier is. */
  cacheReads: 'cache_reads_total',
  /**
   * Counter; labels `cache_name, cache_strategy, cache_tier, cache_result`. Counted where a read is answered:
   * (memory or redis, hit or stale_hit), (none, miss) = a load, (none, coalesced) = a joined load, (none, bypass).
   */
  cacheRequests: 'cache_requests_total',
  /** Histogram; labels `cache_name, cache_tier, cache_operation, cache_result`. */
  cacheOperationDuration: 'cache_operation_duration_seconds',
  /** Histogram; labels `cache_name, outcome` (ok, error). */
  cacheLoadDuration: 'cache_load_duration_seconds',
  /** Counter; labels `cache_name, cache_tier, reason` (size, ttl, flush). */
  cacheEvictions: 'cache_evictions_total',
  /** Counter; labels `cache_name, outcome` (sent, received, failed; gap, cut and back have no cache_name). */
  cacheInvalidations: 'cache_invalidations_total',
  /** Counter; labels `cache_name, outcome` (started, failed, skipped): loads in the background of an answer. */
  cacheRefreshes: 'cache_refreshes_total',
  /** Counter; labels `cache_name, outcome` (granted, waited, gave-up, unavailable). */
  cacheLeases: 'cache_leases_total',
  /** Counter; label `outcome` (appended, full, unavailable, flushed, failed, set-aside): writes and the queue of write-behind. */
  cacheQueuedWrites: 'cache_queued_writes_total',
  /** Histogram: how long the oldest write of a batch has waited in that queue for its commit. */
  cacheQueueWait: 'cache_queue_wait_duration_seconds',
  /** Counter; labels `cache_name, cache_tier`: fills that a newer version refused. */
  cacheFillsRejected: 'cache_fills_rejected_total',
  /** Histogram; labels `db_system_name, db_operation_name, error_type`. Its count is the number of storage queries. */
  storageDuration: 'db_client_operation_duration_seconds',
  /** Gauges; label `state` (used, idle, pending). */
  storageConnections: 'db_client_connection_count',
  /** Counter of prom-client's defaults, seconds of CPU. */
  processCpu: 'process_cpu_seconds_total',
  /** Gauge, 0 to 1 since the last scrape. */
  eventLoopUtilization: 'nodejs_eventloop_utilization_ratio',
} as const;
