import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPromql } from './promql.ts';

const promql = createPromql({ window: '1m' });

describe('a query built from the catalogue', () => {
  it('sums the rates of a counter by its labels', () => {
    assert.equal(
      promql.rate('cacheRequests', { by: ['cache_tier'], where: { cache_result: 'hit' } }),
      'sum by (cache_tier) (rate(cache_requests_total{cache_result="hit"}[1m]))',
    );
  });

  it('keeps the bounds of a histogram for a quantile', () => {
    assert.equal(
      promql.quantile(0.99, 'requestDuration', { by: ['http_route'], window: '5m' }),
      'histogram_quantile(0.99, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket[5m])))',
    );
  });

  it('matches a bound as both generations of Prometheus write it', () => {
    assert.match(promql.under('storageWait', 0.00005), /le=~"0\\\\.00005\|5e-05"/);
    assert.match(promql.under('storageWait', 0.0001), /le="0.0001"/);
    assert.match(promql.under('requestDuration', 10), /le=~"10\(\\\\\.0\)\?"/);
    assert.match(promql.under('requestDuration', 0.05), /le="0.05"/);
    assert.match(promql.under('requestDuration', Infinity), /le="\+Inf"/);
  });

  it('counts over its whole window where that is wanted', () => {
    const counts = createPromql({ window: '5m', growth: 'increase' });
    assert.equal(
      counts.observations('requestDuration', {
        by: ['candidate'],
        where: { http_response_status_code: { butNot: '5..|499' } },
      }),
      'sum by (candidate) (increase(http_server_request_duration_seconds_count{http_response_status_code!~"5..|499"}[5m]))',
    );
  });

  it('refuses a bound that the histogram does not have', () => {
    assert.throws(() => promql.under('requestDuration', 0.06), RangeError);
  });

  it('puts its scope into every selector, and escapes what is matched', () => {
    const scoped = createPromql({ window: '1m', scope: { job: { pattern: '$job' } } });
    assert.equal(
      scoped.value('cacheEntries', { cache_tier: { anyOf: ['a.b', 'c"d'] } }),
      String.raw`cache_entries{job=~"$job",cache_tier=~"a\\.b|c\"d"}`,
    );
    assert.equal(
      scoped.rate('loadDropped', { where: { scenario: { noneOf: ['x'] } } }),
      'sum(rate(load_requests_dropped_total{job=~"$job",scenario!~"x"}[1m]))',
    );
  });
});
