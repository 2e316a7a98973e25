import { buckets } from './metric.ts';
import type { Metric } from './metric.ts';

/** The status of requests whose client did not wait for the answer, as proxies write it. */
export const givenUpStatus = 499;

/** The name of the query that health checks make: no request needs it. */
export const pingName = 'ping';

/** What each process of the service exposes of its own. Label values come from lists in the code, never from a request. */
export const serviceMetrics = {
  requestDuration: {
    name: 'http_server_request_duration_seconds',
    type: 'histogram',
    help: 'Time from a request to the end of its response, or until its client gave up (status 499)',
    labels: ['http_request_method', 'http_route', 'http_response_status_code', 'cache_strategy'],
    buckets: buckets.request,
    exemplars: true,
  },
  /**
   * Every request, in two series that are there from the start: a rate does not see the value with which a series is born, so
   * that a burst of failures of a route and status that were not seen before leaves no trace in the rates of the histogram.
   * Outcomes failed (an error of the server), ok (all else, a client that went away too).
   */
  requests: {
    name: 'http_server_requests_total',
    type: 'counter',
    help: 'Requests by whether the server has failed them',
    labels: ['outcome'],
  },
  /** The same by route: only what the server has failed, at 0 before it does for each route of the tables of operations. */
  requestFailures: {
    name: 'http_server_request_failures_total',
    type: 'counter',
    help: 'Requests that the server has failed',
    labels: ['http_route'],
  },
  activeRequests: {
    name: 'http_server_active_requests',
    type: 'gauge',
    help: 'Requests that have begun and have not been answered',
    labels: [],
  },
  /** Counted where a read is asked, before any tier is. Those that go past the cache are among them. */
  cacheReads: {
    name: 'cache_reads_total',
    type: 'counter',
    help: 'Reads asked of the cache, or past it',
    labels: ['cache_name', 'cache_strategy'],
  },
  /**
   * Counted where a read is answered. Tier and result: (memory or redis, hit or stale_hit), (none, miss) = a load,
   * (none, coalesced) = a joined load, (none, bypass) = a read past the cache: all reads without a cache, and those of pages that no
   * cache keeps. A hit ratio is a share of the reads that are no bypass. Exemplars are of what was not a hit.
   */
  cacheRequests: {
    name: 'cache_requests_total',
    type: 'counter',
    help: 'Reads by the part that answered',
    labels: ['cache_name', 'cache_strategy', 'cache_tier', 'cache_result'],
    exemplars: true,
  },
  /** Operations get, mget, set, delete, lease, decode, encode; results hit, miss, ok, error, refused. */
  cacheOperationDuration: {
    name: 'cache_operation_duration_seconds',
    type: 'histogram',
    help: 'Time of an operation on a tier behind a socket',
    labels: ['cache_name', 'cache_tier', 'cache_operation', 'cache_result'],
    buckets: buckets.tier,
  },
  /** Those operations that failed or were not sent, at 0 before they do. Results error, refused. */
  cacheOperationFailures: {
    name: 'cache_operation_failures_total',
    type: 'counter',
    help: 'Operations on a tier behind a socket that failed, or were not sent',
    labels: ['cache_tier', 'cache_operation', 'cache_result'],
  },
  /** While it is, one command a second is sent to see whether it answers again. */
  cacheCircuitOpen: {
    name: 'cache_circuit_open',
    type: 'gauge',
    help: 'Whether this process leaves a tier behind a socket alone, since it has failed again and again (1)',
    labels: ['cache_tier'],
  },
  /** Outcomes ok, error. One load may bring many keys. */
  cacheLoadDuration: {
    name: 'cache_load_duration_seconds',
    type: 'histogram',
    help: 'Time of a load',
    labels: ['cache_name', 'outcome'],
    buckets: buckets.load,
    exemplars: true,
  },
  /** The loads with the outcome error, at 0 before there are any. */
  cacheLoadFailures: {
    name: 'cache_load_failures_total',
    type: 'counter',
    help: 'Loads that storage answered with an error',
    labels: ['cache_name'],
  },
  /** Beside the reads, which count keys as well: a load of twenty keys keeps no read away from storage. */
  cacheLoadedKeys: {
    name: 'cache_loaded_keys_total',
    type: 'counter',
    help: 'Keys that loads asked storage for',
    labels: ['cache_name'],
  },
  cacheLoadsInFlight: {
    name: 'cache_loads_inflight',
    type: 'gauge',
    help: 'Loads under way',
    labels: ['cache_name'],
  },
  cacheLoadsInFlightPeak: {
    name: 'cache_loads_inflight_peak',
    type: 'gauge',
    help: 'The most loads that were under way at once since the last scrape',
    labels: ['cache_name'],
  },
  /** Reasons size, ttl, flush. */
  cacheEvictions: {
    name: 'cache_evictions_total',
    type: 'counter',
    help: 'Entries that had to go',
    labels: ['cache_name', 'cache_tier', 'reason'],
  },
  cacheEntries: {
    name: 'cache_entries',
    type: 'gauge',
    help: 'Entries that a tier in this process holds',
    labels: ['cache_tier'],
  },
  cacheSize: {
    name: 'cache_size_bytes',
    type: 'gauge',
    help: 'Bytes of the entries that a tier in this process holds',
    labels: ['cache_tier'],
  },
  cacheCapacity: {
    name: 'cache_capacity_bytes',
    type: 'gauge',
    help: 'Bytes that a tier in this process may hold',
    labels: ['cache_tier'],
  },
  /**
   * Outcomes sent, received, failed. And without a cache_name, what a replica notices of its source: disconnected and resumed
   * (what was said in between may be lost), loss-noticed (a message is missing).
   */
  cacheInvalidations: {
    name: 'cache_invalidations_total',
    type: 'counter',
    help: 'Messages between replicas',
    labels: ['cache_name', 'outcome'],
  },
  cacheInvalidationLag: {
    name: 'cache_invalidation_lag_seconds',
    type: 'histogram',
    help: "Time from a write's invalidation to its arrival in another replica",
    labels: ['cache_name'],
    buckets: buckets.propagation,
  },
  /** Outcomes started, failed, skipped. */
  cacheRefreshes: {
    name: 'cache_refreshes_total',
    type: 'counter',
    help: 'Loads behind an answer',
    labels: ['cache_name', 'outcome'],
  },
  /** Outcomes granted, waited, gave-up, unavailable. */
  cacheLeases: {
    name: 'cache_leases_total',
    type: 'counter',
    help: 'Requests for the right to load a key',
    labels: ['cache_name', 'outcome'],
  },
  /** Outcomes appended, full, unavailable, flushed, failed, refused, set-aside. */
  cacheQueuedWrites: {
    name: 'cache_queued_writes_total',
    type: 'counter',
    help: 'Writes and the queue before storage',
    labels: ['outcome'],
  },
  /** All replicas see the same queue. Absent where there is none. */
  cacheQueueLength: {
    name: 'cache_write_queue_entries',
    type: 'gauge',
    help: 'Acknowledged writes that storage does not have, as this process last saw the queue',
    labels: [],
  },
  cacheQueueWait: {
    name: 'cache_queue_wait_duration_seconds',
    type: 'histogram',
    help: 'Time from the acknowledgement of the oldest write of a batch to its commit',
    labels: [],
    buckets: buckets.propagation,
  },
  cacheFillsRejected: {
    name: 'cache_fills_rejected_total',
    type: 'counter',
    help: 'Fills that something newer refused',
    labels: ['cache_name', 'cache_tier'],
  },
  /** Its count is the number of storage queries; `storageRefusals` are not among them. `error_type` is PostgreSQL's code, or empty. */
  storageDuration: {
    name: 'db_client_operation_duration_seconds',
    type: 'histogram',
    help: 'Time of a query, with the wait for a connection',
    labels: ['db_system_name', 'db_operation_name', 'error_type'],
    buckets: buckets.query,
  },
  /** The queries with an `error_type`, at 0 before there are any. */
  storageFailures: {
    name: 'db_client_operation_failures_total',
    type: 'counter',
    help: 'Queries that failed',
    labels: [],
  },
  storageWait: {
    name: 'db_client_connection_wait_time_seconds',
    type: 'histogram',
    help: 'Time that a query waited for a connection of the pool',
    labels: [],
    buckets: buckets.wait,
  },
  storageRefusals: {
    name: 'db_client_operations_refused_total',
    type: 'counter',
    help: 'Queries that were not sent, because too many waited for a connection',
    labels: [],
  },
  /** States used, idle, pending. */
  storageConnections: {
    name: 'db_client_connection_count',
    type: 'gauge',
    help: 'Connections of the pool, and requests that wait for one',
    labels: ['state'],
  },
  storageConnectionsMax: {
    name: 'db_client_connection_max',
    type: 'gauge',
    help: 'Connections that the pool may have',
    labels: [],
  },
  /** Stages recorded, exported, dropped. */
  telemetrySpans: {
    name: 'telemetry_spans_total',
    type: 'counter',
    help: 'Spans of this process by how far they came',
    labels: ['stage'],
  },
  runInfo: {
    name: 'app_run_info',
    type: 'gauge',
    help: 'Always 1: what this process runs',
    labels: ['candidate', 'cache_strategy', 'telemetry_mode', 'replica'],
  },
} as const satisfies Record<string, Metric>;

/**
 * What the runtime says of the same process. Names and labels are prom-client's, but for the event loop's utilisation. Two who
 * scrape halve each other's view of what is since the last scrape.
 */
export const runtimeMetrics = {
  eventLoopUtilization: {
    name: 'nodejs_eventloop_utilization_ratio',
    type: 'gauge',
    help: 'Share of the time since the last scrape in which the event loop was busy',
    labels: [],
  },
  eventLoopLagP50: {
    name: 'nodejs_eventloop_lag_p50_seconds',
    type: 'gauge',
    help: 'Median delay of the event loop since the last scrape, beyond the 10 ms of the timer that measures it',
    labels: [],
  },
  eventLoopLagP99: {
    name: 'nodejs_eventloop_lag_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the same delay',
    labels: [],
  },
  gcDuration: {
    name: 'nodejs_gc_duration_seconds',
    type: 'histogram',
    help: 'Time of a garbage collection',
    labels: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  },
  heapUsed: {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'Heap in use',
    labels: [],
  },
  heapTotal: { name: 'nodejs_heap_size_total_bytes', type: 'gauge', help: 'Heap reserved', labels: [] },
  activeHandles: {
    name: 'nodejs_active_handles_total',
    type: 'gauge',
    help: 'Handles that keep the process alive',
    labels: [],
  },
  processCpu: {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time, user and system',
    labels: [],
  },
  residentMemory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory',
    labels: [],
  },
  openFiles: { name: 'process_open_fds', type: 'gauge', help: 'Open file descriptors', labels: [] },
  processStart: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started, in seconds since 1970',
    labels: [],
  },
} as const satisfies Record<string, Metric>;
