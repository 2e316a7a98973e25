import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceCounters, subtractCounters, sumCounters } from './service-counters.ts';

const exposition = (cpuSeconds: number) => `# HELP process_cpu_seconds Total user and system CPU time.
# TYPE process_cpu_seconds counter
process_cpu_seconds_total ${cpuSeconds}
http_server_request_duration_seconds_count{http_request_method="GET",http_route="/photos/:photoId"} 7 # {trace_id="a b"} 1
http_server_request_duration_seconds_count{http_request_method="GET",http_route="/users/:userId/feeds"} 3
cache_reads_total{cache_name="photo",cache_strategy="cache-aside"} 15
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="memory",cache_result="hit"} 5
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="redis",cache_result="hit"} 4
cache_requests_total{cache_name="photo",cache_strategy="cache-aside",cache_tier="none",cache_result="miss"} 3
cache_requests_total{cache_name="feed",cache_strategy="cache-aside",cache_tier="none",cache_result="coalesced"} 2
cache_requests_total{cache_name="feed",cache_strategy="cache-aside",cache_tier="none",cache_result="bypass"} 1
db_client_operation_duration_seconds_count{db_system_name="postgresql",db_operation_name="a \\" b"} 11
db_client_operation_duration_seconds_count{db_system_name="redis",db_operation_name="get"} 99
cache_evictions_total{cache_name="photo",cache_tier="memory",reason="ttl"} 6
cache_evictions_total{cache_name="photo",cache_tier="memory",reason="size"} 2
# EOF
`;

test('reads every figure from a scrape, and nothing from others', () => {
  assert.deepEqual(parseServiceCounters(exposition(1.5)), {
    requests: 10,
    cache: { reads: 15, memoryHits: 5, redisHits: 4, loads: 3, joinedLoads: 2, bypasses: 1 },
    storageQueries: 11,
    cpuUs: 1_500_000,
    expiredEntries: 6,
    evictedEntries: 2,
  });
});

test('subtracts two scrapes of a process and sums the replicas', () => {
  const before = parseServiceCounters(exposition(1));
  const after = parseServiceCounters(exposition(3));
  assert.equal(subtractCounters(after, before).cpuUs, 2_000_000);
  assert.equal(subtractCounters(after, before).cache.reads, 0);
  assert.equal(sumCounters([before, after]).requests, 20);
});

test('refuses a text that is not from the service', () => {
  assert.throws(() => parseServiceCounters('<html>'), /process_cpu_seconds_total/);
});
