import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { expectHits } from './expect-hits.ts';
import { planExperiment } from './plan-experiment.ts';

/** What is expected of candidates in a village of 60 people. */
function expectedOf(...candidates: string[]) {
  const plan = planExperiment(['no-cache', ...candidates], {
    scenario: 'feed-browsing',
    profile: 'demo',
    rate: 40,
    rounds: 2,
    measure: 2,
    warmUp: 2,
    people: 60,
    photos: 300,
    replicas: 2,
    telemetry: 'metrics' as const,
    seed: 1,
  });
  const workload = createWorkload({ ...plan, mix: scenarios[plan.scenario].mix });
  return expectHits(plan, workload);
}

test('caches that keep what they load are predicted, tier by tier', () => {
  const expected = expectedOf('versioned', 'versioned:tiers=redis', 'versioned:tiers=memory');
  assert.equal(expected.get('no-cache')?.all, 0);
  const { memory, redis, all } = expected.get('versioned') ?? {};
  assert.ok(all !== null && all !== undefined && all > 0.3 && all < 1, String(all));
  assert.ok(Math.abs((memory ?? 0) + (redis ?? 0) - all) < 1e-9);
  assert.equal(expected.get('versioned:tiers=redis')?.memory, 0);
  assert.equal(expected.get('versioned:tiers=memory')?.redis, 0);
});

test('of client tracking only the sum is known: its fills go to redis alone', () => {
  const expected = expectedOf('versioned', 'client-tracking');
  assert.deepEqual(expected.get('client-tracking'), {
    memory: null,
    redis: null,
    all: expected.get('versioned')?.all,
  });
});

for (const text of [
  'ttl-only',
  'write-through',
  'refresh-ahead',
  'stale-while-revalidate',
  'versioned:promotion=hot',
  'versioned:eviction=fifo',
  'versioned:memory=1MiB',
  'versioned:negative=5s',
  'cache-aside:invalidation=ttl',
]) {
  test(`${text} is not predicted`, () =>
    assert.deepEqual(expectedOf(text).get(text), { memory: null, redis: null, all: null }));
}
