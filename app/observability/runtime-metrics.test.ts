import assert from 'node:assert/strict';
import { PerformanceObserver, constants } from 'node:perf_hooks';
import type { PerformanceNodeEntry } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { runtimeMetrics } from '../contract/service-metrics.ts';
import { createMetricsRegistry } from './metrics-registry.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { createMetrics } from './metrics.ts';
import { exposeEventLoopLag } from './runtime-metrics.ts';

/** The value of a sample, as it stands in the text. */
async function read(registry: MetricsRegistry, sample: string): Promise<number> {
  const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(`${sample} `));
  return Number(line?.split(' ')[1]);
}

describe('the time of garbage collections', () => {
  it('is that of all of them, also of those that are told together', async () => {
    const { registry } = createMetrics({
      strategy: 'no-cache',
      candidate: 'no-cache',
      tiers: { local: null, shared: null },
      replica: 'r1',
      mode: 'metrics',
    });
    const collections = 30;
    const collectGarbage = garbageCollector();
    let [seen, seconds] = [0, 0];
    const { promise: allSeen, resolve } = Promise.withResolvers<void>();
    const watcher = new PerformanceObserver((list) => {
      for (const { detail, duration } of list.getEntries() as PerformanceNodeEntry[]) {
        if ((detail as { kind: number }).kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue;
        seen += 1;
        seconds += duration / 1000;
      }
      if (seen >= collections) resolve();
    });
    watcher.observe({ entryTypes: ['gc'] });
    // Without a turn of the event loop between them, so that observers get them in one batch.
    for (let index = 0; index < collections; index += 1) collectGarbage();
    await allSeen;
    watcher.disconnect();
    const { name } = runtimeMetrics.gcDuration;
    assert.equal(await read(registry, `${name}_count{kind="major"}`), seen);
    assert.ok(Math.abs((await read(registry, `${name}_sum{kind="major"}`)) - seconds) < 1e-6);
  });
});

describe('the delay of the event loop', () => {
  it('is what comes beyond the period of the timer that looks for it', async () => {
    const registry = createMetricsRegistry();
    const delays = { 50: 10.16e6, 99: 35e6 };
    let resets = 0;
    exposeEventLoopLag(registry, 10, {
      percentile: (percentile) => delays[percentile as 50 | 99],
      reset: () => void (resets += 1),
    });
    const [p50, p99] = [runtimeMetrics.eventLoopLagP50.name, runtimeMetrics.eventLoopLagP99.name];
    const text = await registry.metrics();
    const valueOf = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
    assert.ok(Math.abs(valueOf(p50) - 0.00016) < 1e-9, String(valueOf(p50)));
    assert.ok(Math.abs(valueOf(p99) - 0.025) < 1e-9, String(valueOf(p99)));
    assert.equal(resets, 1, 'each scrape says what was since the last one');
  });

  it('is nothing where the timer came early', async () => {
    const registry = createMetricsRegistry();
    exposeEventLoopLag(registry, 10, { percentile: () => 9.1e6, reset: () => {} });
    assert.equal(await read(registry, runtimeMetrics.eventLoopLagP50.name), 0);
  });

  it('is not exposed as prom-client has it, with the period', async () => {
    const { registry } = createMetrics({
      strategy: 'no-cache',
      candidate: 'no-cache',
      tiers: { local: null, shared: null },
      replica: 'r1',
      mode: 'metrics',
    });
    const names = [...(await registry.metrics()).matchAll(/^# TYPE (nodejs_eventloop_lag\w*)/gm)].map(
      (match) => match[1],
    );
    assert.deepEqual(names, [runtimeMetrics.eventLoopLagP50.name, runtimeMetrics.eventLoopLagP99.name]);
  });
});

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
