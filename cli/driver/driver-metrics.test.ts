import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDriverMetrics } from './driver-metrics.ts';

test('what a witness may see is exposed as 0 with its first check: no rate sees the value with which a series is born', async () => {
  const { registry, observeCheck } = createDriverMetrics();
  observeCheck('a', {
    reader: 'other',
    horizon: '0ms',
    outcome: 'consistent',
    versionsBehind: 0,
    visibleAfterSeconds: 0.01,
  });
  const lines = (await registry.metrics())
    .split('\n')
    .filter((line) => line.startsWith('cache_consistency_checks_total{'));
  assert.equal(lines.length, 4 * 4);
  const of = 'candidate="a",reader="other"';
  for (const outcome of ['consistent', 'stale', 'missing', 'failed'])
    assert.ok(
      lines.includes(`cache_consistency_checks_total{${of},horizon="5s",outcome="${outcome}"} 0`),
      outcome,
    );
  assert.ok(
    lines.includes(`cache_consistency_checks_total{${of},horizon="0ms",outcome="consistent"} 1`),
    lines.join('\n'),
  );
});
