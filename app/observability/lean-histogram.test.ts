import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { createLeanHistogram } from './lean-histogram.ts';
import { createMetricsRegistry } from './metrics-registry.ts';
import type { MetricsRegistry } from './metrics-registry.ts';

const options = {
  name: 'operation_seconds',
  help: 'Time of an operation',
  labels: ['tier', 'result'],
  buckets: [0.1, 0.5, 1],
};

test('is exposed as the same observations of prom-client are, in both formats', async () => {
  const observation = fc.record({
    tier: fc.constantFrom('memory', 'redis'),
    result: fc.constantFrom('hit', 'miss', 'constructor'),
    value: fc.oneof(fc.constantFrom(0, 0.1, 0.5, 1), fc.double({ min: 0, max: 2, noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      for (const createRegistry of [() => new Registry(), createMetricsRegistry]) {
        const [own, reference] = [createRegistry(), createRegistry()];
        const lean = createLeanHistogram(own, options);
        const usual = new Histogram({ ...options, labelNames: options.labels, registers: [reference] });
        for (const { tier, result, value } of observations) {
          lean.observe([tier, result], value);
          usual.observe({ tier, result }, value);
        }
        const sorted = async (registry: Registry | MetricsRegistry) =>
          (await registry.metrics()).split('\n').toSorted();
        assert.deepEqual(await sorted(own), await sorted(reference));
      }
    }),
    { numRuns: 50 },
  );
});

test('a series that was begun is exposed at zero, and its first observation goes there', async () => {
  const [own, reference] = [new Registry(), new Registry()];
  const lean = createLeanHistogram(own, options);
  const usual = new Histogram({ ...options, labelNames: options.labels, registers: [reference] });
  const sorted = async (registry: Registry) => (await registry.metrics()).split('\n').toSorted();
  lean.begin(['redis', 'hit']);
  usual.zero({ tier: 'redis', result: 'hit' });
  assert.deepEqual(await sorted(own), await sorted(reference));
  lean.begin(['redis', 'hit']);
  lean.observe(['redis', 'hit'], 0.3);
  usual.observe({ tier: 'redis', result: 'hit' }, 0.3);
  assert.deepEqual(await sorted(own), await sorted(reference));
});

test('has one series when it has no labels', async () => {
  const [own, reference] = [new Registry(), new Registry()];
  const bare = { ...options, labels: [] };
  const lean = createLeanHistogram(own, bare);
  const usual = new Histogram({ ...bare, labelNames: [], registers: [reference] });
  for (const value of [0.05, 0.3, 5]) {
    lean.observe([], value);
    usual.observe(value);
  }
  assert.equal((await own.metrics()).trim(), (await reference.metrics()).trim());
});

test('names the last traced observation of a bucket', async () => {
  const registry = createMetricsRegistry();
  const lean = createLeanHistogram(registry, { ...options, labels: [] });
  lean.observe([], 0.3, 'first');
  lean.observe([], 0.4, 'second');
  lean.observe([], 0.45);
  const named = (await registry.metrics()).split('\n').filter((line) => line.includes('trace_id'));
  assert.equal(named.length, 1);
  assert.match(String(named[0]), /le="0.5"\} 3 # \{trace_id="second"\} 0.4 /);
});
