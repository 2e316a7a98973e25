import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedOfBlock } from '../report/counted-of-block.ts';
import { edgeMetrics } from '../../app/contract/edge-metrics.ts';
import { levelOf } from '../../app/contract/figure.ts';
import { countOf } from '../figures/counts.ts';
import { parseServiceCounters, subtractCounters, sumCounters } from './service-counters.ts';

const exposition = (cpuSeconds: number) => `# HELP process_cpu_seconds Total user and system CPU time.
# TYPE process_cpu_seconds counter
process_cpu_seconds_total ${cpuSeconds}
http_server_request_duration_seconds_count{http_request_method="GET",http_route="/photos/:photoId"} 7 # {trace_id="a b"} 1
http_server_request_duration_seconds_count{http_request_method="GET",http_route="/users/:userId/feeds"} 3
cache_reads_total{cache_name="photo",cache_strategy="cache-aside"} 18
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="memory",cache_result="hit"} 5
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="redis",cache_result="hit"} 4
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="memory",cache_result="stale_hit"} 2
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="redis",cache_result="stale_hit"} 1
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="none",cache_result="miss"} 3
cache_requests_total{cache_name="feed",cache_strategy="cache-aside",cache_tier="none",cache_result="coalesced"} 2
cache_requests_total{cache_name="feed",cache_strategy="cache-aside",cache_tier="none",cache_result="bypass"} 1
db_client_operation_duration_seconds_count{db_system_name="postgresql",db_operation_name="a \\" b"} 11
db_client_operation_duration_seconds_count{db_system_name="redis",db_operation_name="get"} 99
cache_operation_duration_seconds_bucket{le="0.001",cache_name="photo",cache_tier="redis",cache_operation="get",cache_result="hit"} 7
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="get",cache_result="hit"} 8
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="get",cache_result="miss"} 2
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="get",cache_result="refused"} 3
cache_operation_duration_seconds_count{cache_name="feed",cache_tier="redis",cache_operation="mget",cache_result="error"} 4
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="set",cache_result="ok"} 10
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="set",cache_result="error"} 5
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="delete",cache_result="refused"} 1
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="lease",cache_result="error"} 50
cache_operation_duration_seconds_count{cache_name="photo",cache_tier="redis",cache_operation="decode",cache_result="error"} 60
cache_queued_writes_total{outcome="appended"} 8
cache_queued_writes_total{outcome="full"} 4
cache_queued_writes_total{outcome="unavailable"} 2
cache_queued_writes_total{outcome="flushed"} 8
cache_evictions_total{cache_name="photo",cache_tier="memory",reason="ttl"} 6
cache_evictions_total{cache_name="photo",cache_tier="memory",reason="size"} 2
cache_load_duration_seconds_bucket{le="0.001",cache_name="photo",outcome="ok"} 4
cache_load_duration_seconds_count{cache_name="photo",outcome="ok"} 5
cache_load_duration_seconds_count{cache_name="photo",outcome="error"} 1
cache_refreshes_total{cache_name="photo",outcome="started"} 3
cache_refreshes_total{cache_name="photo",outcome="failed"} 1
cache_fills_rejected_total{cache_name="photo",cache_tier="memory"} 1
cache_fills_rejected_total{cache_name="photo",cache_tier="redis"} 3
cache_leases_total{cache_name="photo",outcome="granted"} 8
cache_leases_total{cache_name="photo",outcome="waited"} 2
cache_invalidations_total{cache_name="photo",outcome="sent"} 7
cache_invalidations_total{cache_name="photo",outcome="received"} 9
cache_invalidations_total{cache_name="photo",outcome="failed"} 1
cache_invalidations_total{cache_name="",outcome="loss-noticed"} 40
# EOF
`;

test('reads every figure from a scrape, and nothing from others', () => {
  const { isCounted, cpuUs, counts } = parseServiceCounters(exposition(1.5));
  assert.deepEqual(
    { isCounted, cpuUs, ...countedOfBlock(counts) },
    {
      isCounted: true,
      servedRequests: 10,
      cache: {
        reads: 18,
        memoryHits: 5,
        redisHits: 4,
        memoryStaleHits: 2,
        redisStaleHits: 1,
        loads: 3,
        joinedLoads: 2,
        bypasses: 1,
      },
      cacheWork: {
        loadCalls: 6,
        refreshes: 3,
        rejectedFills: 4,
        leaseWaits: 2,
        invalidationsSent: 7,
        invalidationsReceived: 9,
        invalidationsFailed: 1,
      },
      tier: {
        reads: 17,
        refusedReads: 7,
        writes: 66,
        refusedWrites: 56,
        queueWrites: 10,
        refusedQueueWrites: 2,
      },
      storageQueries: 11,
      cpuUs: 1_500_000,
      expiredEntries: 6,
      evictedEntries: 2,
    },
  );
});

test('says when the telemetry of the service is off, and nothing was counted but CPU', () => {
  const off = 'app_run_info{telemetry_mode="off"} 1\nprocess_cpu_seconds_total 2\n# EOF\n';
  const { isCounted, cpuUs } = parseServiceCounters(off);
  assert.deepEqual({ isCounted, cpuUs }, { isCounted: false, cpuUs: 2_000_000 });
});

test('subtracts two scrapes of a process and sums the replicas', () => {
  const before = parseServiceCounters(exposition(1));
  const after = parseServiceCounters(exposition(3));
  assert.equal(subtractCounters(after, before).cpuUs, 2_000_000);
  const grown = countedOfBlock(subtractCounters(after, before).counts);
  assert.deepEqual([grown.cache?.reads, grown.cacheWork?.loadCalls, grown.tier?.reads], [0, 0, 0]);
  const both = countedOfBlock(sumCounters([before, after]).counts);
  assert.equal(both.servedRequests, 20);
  assert.equal(both.cache?.memoryStaleHits, 4);
  assert.equal(both.cacheWork?.invalidationsReceived, 18);
  assert.deepEqual(both.tier, {
    reads: 34,
    refusedReads: 14,
    writes: 132,
    refusedWrites: 112,
    queueWrites: 20,
    refusedQueueWrites: 4,
  });
});

test('refuses a text that is not from the service', () => {
  assert.throws(() => parseServiceCounters('<html>'), /process_cpu_seconds_total/);
});

test('of a gauge what it stands at in the end counts, over all processes', () => {
  const at = (bytes: number) =>
    parseServiceCounters(`${edgeMetrics.edgeMemory.name} ${bytes}\nprocess_cpu_seconds_total 1\n`);
  const memory = levelOf(edgeMetrics.edgeMemory);
  assert.equal(countOf(subtractCounters(at(300), at(500)).counts, memory), 300);
  assert.equal(countOf(sumCounters([at(300), at(500)]).counts, memory), 800);
});
