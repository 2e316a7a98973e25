import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarios } from '../../loadtests/workloads/scenario-list.ts';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { asksCaches } from './asks-caches.ts';
import { expectHits } from './expect-hits.ts';
import type { SentPass } from '../experiment/experiment.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';

const pass = { first: 0, isMeasured: true, restartsBefore: false };
/** Two seconds of warm-up, then two rounds of two seconds each. */
const sent: readonly SentPass[] = [
  { ...pass, pass: 0, requests: 80, startMs: 0, seconds: 2, isMeasured: false },
  { ...pass, pass: 2, requests: 80, startMs: 3_000, seconds: 2 },
  { ...pass, pass: 3, requests: 80, startMs: 6_000, seconds: 2 },
];

/** What is expected of candidates in a village of 60 people. */
function expectedOf(candidates: readonly string[], passes = sent, scenario = 'feed-browsing') {
  const plan = planExperiment(['no-cache', ...candidates], {
    scenario,
    profile: 'demo',
    pacing: 'together',
    rate: 40,
    people: 60,
    photos: 300,
    replicas: 2,
    telemetry: 'metrics',
    seed: 1,
  });
  const workload = createWorkload({ ...plan, mix: scenarios[plan.scenario].mix });
  return expectHits(plan, workload, passes);
}

test('caches that keep what they load are predicted, tier by tier', () => {
  const expected = expectedOf(['versioned', 'versioned:tiers=redis', 'versioned:tiers=memory']);
  assert.equal(expected.get('no-cache')?.all, 0);
  const { memory, redis, all } = expected.get('versioned') ?? {};
  assert.ok(all !== null && all !== undefined && all > 0.3 && all < 1, String(all));
  assert.ok(Math.abs((memory ?? 0) + (redis ?? 0) - all) < 1e-9);
  assert.equal(expected.get('versioned:tiers=redis')?.memory, 0);
  assert.equal(expected.get('versioned:tiers=memory')?.redis, 0);
});

test('likes cost no hits where they are counted apart', () => {
  const apart = 'versioned:counter=raw-log';
  const expected = expectedOf(['versioned', apart]);
  assert.ok((expected.get(apart)?.all ?? 0) > (expected.get('versioned')?.all ?? 1));
});

test('what is expected follows from the requests as they were sent', () => {
  const allOf = (passes: readonly SentPass[], text = 'versioned') =>
    expectedOf([text], passes).get(text)?.all ?? 0;
  const [warmUp, ...rounds] = sent as [SentPass, ...SentPass[]];
  assert.ok(allOf(sent) > allOf(rounds), 'a warm cache hits more');
  const hourLater = rounds.map((round) => ({ ...round, startMs: round.startMs + 3_600_000 }));
  assert.equal(allOf([warmUp, ...hourLater]), allOf(hourLater), 'its entries had expired');
  const restarted = rounds.map((round) => ({ ...round, restartsBefore: true }));
  const inMemory = 'versioned:tiers=memory';
  assert.ok(allOf([warmUp, ...restarted], inMemory) < allOf(sent, inMemory), 'memories were empty again');
  assert.equal(allOf([warmUp, ...restarted]), allOf(sent), 'redis kept them');
});

test('caches are predicted under every scenario that asks them; one that crawls hits least', () => {
  const ratios = Object.fromEntries(
    Object.keys(scenarios)
      .filter(asksCaches)
      .map((scenario) => [scenario, expectedOf(['versioned'], sent, scenario).get('versioned')?.all ?? NaN]),
  );
  for (const [scenario, ratio] of Object.entries(ratios)) assert.ok(ratio > 0 && ratio < 1, scenario);
  assert.equal(Math.min(...Object.values(ratios)), ratios['profile-crawl']);
});

test('of client tracking only the sum is known: its fills go to redis alone', () => {
  const expected = expectedOf(['versioned', 'client-tracking']);
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
    assert.deepEqual(expectedOf([text]).get(text), { memory: null, redis: null, all: null }));
}
