import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracedShare } from '../../app/contract/telemetry-modes.ts';
import type { RunSettings } from './run-settings.ts';
import { traceparentOf } from './trace-context.ts';

const count = 20_000;
const worldAt = (...ports: readonly number[]): RunSettings => ({
  seed: 1,
  people: 10,
  photos: 10,
  mix: 'social-default',
  targets: ports.map((port) => `http://127.0.0.1:${port}`),
  pass: 2,
  ratePerSecond: 100,
  arrivals: 'poisson',
  settleSeconds: 1,
  measureSeconds: 2,
});
const contextsOf = (settings: RunSettings) =>
  Array.from({ length: count }, (_, index) => {
    const [, traceId = '', spanId = '', flags = ''] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/.exec(traceparentOf(settings, index)) ?? [];
    return { traceId, spanId, flags };
  });

test('the same requests are traced in every world, and no two of all their traces share an id', () => {
  const worlds = [worldAt(40_001, 40_002), worldAt(40_003, 40_004)].map(contextsOf);
  const [one = [], other = []] = worlds;
  assert.deepEqual(
    one.map(({ flags }) => flags),
    other.map(({ flags }) => flags),
  );
  for (const digits of [32, 16]) {
    const ids = new Set(worlds.flat().map(({ traceId }) => traceId.slice(0, digits)));
    assert.equal(ids.size, 2 * count, `the first ${digits} digits`);
  }
  const traced = one.filter(({ flags }) => flags === '01').length;
  assert.ok(Math.abs(traced / count - tracedShare) < 0.003, `${traced} of ${count}`);
});

test('a request sent again to the same replicas has the same trace context', () => {
  assert.equal(traceparentOf(worldAt(4_000, 4_001), 7), traceparentOf(worldAt(4_000, 4_001), 7));
  assert.notEqual(traceparentOf(worldAt(4_000), 7), traceparentOf({ ...worldAt(4_000), pass: 3 }, 7));
});
