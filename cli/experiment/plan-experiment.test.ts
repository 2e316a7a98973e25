import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '../errors.ts';
import { planCandidates, planExperiment } from './plan-experiment.ts';

const options = {
  scenario: 'feed-browsing',
  profile: 'demo',
  rate: 150,
  replicas: 2,
  telemetry: 'metrics' as const,
  seed: 1,
};
const usage = (pattern: RegExp) => (error: unknown) =>
  error instanceof CommandError &&
  error.exitCode === 2 &&
  pattern.test(`${error.message} ${error.remedy ?? ''}`);

test('three candidates by default, the baseline first and run twice', () => {
  const plan = planExperiment([], options);
  assert.deepEqual(
    plan.candidates.map(({ label, role }) => `${label} ${role}`),
    ['no-cache baseline', 'cache-aside candidate', 'versioned candidate', 'no-cache′ control'],
  );
  assert.deepEqual([plan.rounds, plan.measureSeconds, plan.primary], [7, 4, 'p50']);
});

test('more candidates take more rounds to be told apart', () => {
  const many = [
    'cache-aside',
    'read-through',
    'write-through',
    'stale-while-revalidate',
    'versioned',
    'lease',
  ];
  assert.equal(planExperiment(['no-cache', ...many], options).rounds, 8);
  assert.equal(planExperiment(many, { ...options, rounds: 2 }).rounds, 2);
});

test('flags win over the profile', () => {
  const plan = planExperiment([], {
    ...options,
    profile: 'standard',
    rounds: 3,
    people: 100,
    primary: 'p99',
  });
  assert.deepEqual([plan.rounds, plan.people, plan.photos, plan.primary], [3, 100, 20_000, 'p99']);
});

test('one candidate is compared with no-cache, several with the first unless no-cache is among them', () => {
  const labels = (given: string[], baseline?: string) =>
    planCandidates(given, baseline).map(({ label }) => label);
  assert.deepEqual(labels(['versioned']), ['no-cache', 'versioned', 'no-cache′']);
  assert.deepEqual(labels(['cache-aside', 'versioned']), ['cache-aside', 'versioned', 'cache-aside′']);
  assert.deepEqual(labels(['cache-aside', 'no-cache']), ['no-cache', 'cache-aside', 'no-cache′']);
  assert.deepEqual(labels(['versioned', 'no-cache'], 'cache-aside'), [
    'cache-aside',
    'versioned',
    'no-cache',
    'cache-aside′',
  ]);
});

test('what is wrong is said with what is valid', () => {
  assert.throws(() => planExperiment(['cach-aside'], options), usage(/Did you mean "cache-aside"/));
  assert.throws(() => planExperiment(['versioned:tier=redis'], options), usage(/Did you mean "tiers"/));
  assert.throws(
    () => planExperiment([], { ...options, profile: 'quik' }),
    usage(/Did you mean "quick".*demo, quick/),
  );
  assert.throws(() => planExperiment([], { ...options, scenario: 'x' }), usage(/Valid: feed-browsing/));
  assert.throws(() => planExperiment(['no-cache'], options), usage(/nothing to compare/));
  assert.throws(
    () => planExperiment(['versioned', 'versioned:ttl=60s'], options),
    usage(/the same candidate/),
  );
  const many = Array.from({ length: 9 }, (_, index) => `versioned:ttl=${index + 1}s`);
  assert.throws(() => planExperiment(many, options), usage(/too many/));
});
