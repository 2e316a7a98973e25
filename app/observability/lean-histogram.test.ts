import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { createLeanHistogram } from './lean-histogram.ts';

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
      for (const contentType of [Registry.PROMETHEUS_CONTENT_TYPE, Registry.OPENMETRICS_CONTENT_TYPE]) {
        const [own, reference] = [new Registry(), new Registry()];
        for (const registry of [own, reference]) registry.setContentType(contentType as never);
        const lean = createLeanHistogram(own, options);
        const usual = new Histogram({ ...options, labelNames: options.labels, registers: [reference] });
        for (const { tier, result, value } of observations) {
          lean.observe([tier, result], value);
          usual.observe({ tier, result }, value);
        }
        const sorted = async (registry: Registry) => (await registry.metrics()).split('\n').toSorted();
        assert.deepEqual(await sorted(own), await sorted(reference));
      }
    }),
    { numRuns: 50 },
  );
});
