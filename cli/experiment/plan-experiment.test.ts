import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { CommandError } from '../errors.ts';
import { readNamed, requireFewDistinct } from './named-candidates.ts';
import { planCandidates, planExperiment } from './plan-experiment.ts';
import type { CompareOptions } from './plan-experiment.ts';

const options: CompareOptions = {
  scenario: 'feed-browsing',
  profile: 'demo',
  pacing: 'together',
  replicas: 2,
  telemetry: 'metrics',
  seed: 1,
};
const inTurns: CompareOptions = { ...options, pacing: 'turns' };
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
});

test('candidates that would answer all of a scenario with 404 are refused, the usual baseline too', () => {
  const scenario = 'metadata-pages';
  const gateways = ['gateway=leader', 'gateway=consistent'];
  const refused = usage(/"no-cache" has gateway=off, and metadata-pages .* with another gateway/);
  assert.throws(() => planExperiment(['gateway=consistent'], { ...options, scenario }), refused);
  assert.throws(
    () => planExperiment(['gateway=leader', 'ttl=5s'], { ...options, scenario, baseline: 'ttl=5s' }),
    usage(/"ttl=5s" has/),
  );
  assert.equal(
    planExperiment(gateways, { ...options, scenario, baseline: 'gateway=leader' }).candidates.length,
    3,
  );
});

test('together, what is measured ends when it is precise enough, or after five minutes', () => {
  const plan = planExperiment([], options);
  assert.deepEqual(
    [plan.pacing, plan.primary, plan.rounds, plan.timeLimitSeconds],
    ['together', 'request', null, 300],
  );
  assert.deepEqual([plan.parts, plan.precisionPct, plan.measureSeconds], [1, null, 12]);
  assert.deepEqual([plan.warmUpSeconds, plan.warmUpRequests], [0, 4_000]);
});

test('the profile sets parts, precision and limit', () => {
  const planned = (profile: string) => {
    const { parts, precisionPct, timeLimitSeconds, people, photos } = planExperiment([], {
      ...options,
      profile,
    });
    return [parts, precisionPct, timeLimitSeconds, people, photos];
  };
  assert.deepEqual(planned('demo'), [1, null, 300, 500, 5_000]);
  assert.deepEqual(planned('quick'), [1, null, 480, 2_000, 20_000]);
  assert.deepEqual(planned('standard'), [3, 3, 1_200, 2_000, 20_000]);
  assert.deepEqual(planned('thorough'), [6, 2, 3_600, 2_000, 20_000]);
});

test('in turns, rounds are counted beforehand and every world is started once', () => {
  const plan = planExperiment([], { ...inTurns, profile: 'standard' });
  assert.deepEqual([plan.pacing, plan.rounds, plan.timeLimitSeconds, plan.parts], ['turns', 10, null, 1]);
  assert.deepEqual([plan.settleSeconds, plan.measureSeconds, plan.warmUpSeconds], [10, 20, 60]);
  for (const profile of ['demo', 'quick', 'standard', 'thorough'])
    assert.ok(planExperiment([], { ...inTurns, profile }).measureSeconds >= 15, profile);
});

test('in turns there is nothing to be precise about, no limit and no parts', () => {
  assert.equal(planExperiment([], { ...inTurns, profile: 'standard' }).precisionPct, null);
  const refused = [
    [{ precision: 3 }, 'precision'],
    [{ timeLimit: 60 }, 'time-limit'],
    [{ parts: 2 }, 'parts'],
    [{ warmUpRequests: 0 }, 'warm-up-requests'],
    [{ keepRaw: true }, 'keep-raw'],
  ] as const;
  for (const [flags, name] of refused) {
    assert.throws(() => planExperiment([], { ...inTurns, ...flags }), usage(new RegExp(`no --${name}`)));
    planExperiment([], { ...options, ...flags });
  }
  planExperiment([], { ...inTurns, keepRaw: false });
});

test('flags win over the profile', () => {
  const flags = { rate: 33, measure: 5, warmUp: 9, warmUpRequests: 50, precision: 1.5, people: 100 } as const;
  const given = {
    ...options,
    ...flags,
    profile: 'standard',
    timeLimit: 77,
    parts: 2,
    primary: 'p99',
  } as const;
  const plan = planExperiment([], given);
  assert.deepEqual([plan.rate, plan.isRateGiven], [33, true]);
  assert.deepEqual([plan.measureSeconds, plan.warmUpSeconds, plan.warmUpRequests], [5, 9, 50]);
  assert.deepEqual([plan.precisionPct, plan.timeLimitSeconds, plan.parts], [1.5, 77, 2]);
  assert.deepEqual([plan.people, plan.photos, plan.primary], [100, 20_000, 'p99']);
  assert.equal(planExperiment([], { ...inTurns, rounds: 3 }).rounds, 3);
});

test('a number of rounds is the only bound, unless a limit is given, too', () => {
  const fixed = planExperiment([], { ...options, rounds: 9 });
  assert.deepEqual([fixed.rounds, fixed.timeLimitSeconds], [9, null]);
  assert.equal(planExperiment([], { ...options, rounds: 9, timeLimit: 60 }).timeLimitSeconds, 60);
});

test('no part is without a round', () => {
  assert.equal(planExperiment([], { ...options, profile: 'standard', rounds: 2 }).parts, 2);
  assert.equal(planExperiment([], { ...options, profile: 'standard', rounds: 9 }).parts, 3);
});

describe('the default rate', () => {
  const rateOf = (changes: Partial<CompareOptions>, cores: number, others = ['cache-aside', 'versioned']) =>
    planExperiment(['no-cache', ...others], { ...options, ...changes }, cores).rate;

  it('shares 150 requests per second and core among the worlds, the control included', () => {
    assert.equal(rateOf({}, 2), 75);
    assert.equal(rateOf({}, 4), 150);
    assert.equal(rateOf({}, 2, ['versioned']), 100);
    assert.equal(rateOf({}, 1, ['cache-aside', 'versioned', 'lease', 'read-through']), 25);
    assert.equal(
      rateOf({}, 1, ['cache-aside', 'versioned', 'lease', 'read-through', 'ttl-only']),
      21,
      'whole',
    );
  });

  it('is at most 100 per replica', () => {
    assert.equal(rateOf({}, 64), 200);
    assert.equal(rateOf({ replicas: 1 }, 64), 100);
    assert.equal(rateOf({ replicas: 3 }, 64), 300);
  });

  it('is for one world alone, in turns', () => {
    assert.equal(rateOf({ pacing: 'turns', replicas: 4 }, 2), 300);
    assert.equal(rateOf({ pacing: 'turns' }, 2), 200);
  });

  it('is said to be no flag', () => assert.equal(planExperiment([], options, 2).isRateGiven, false));
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
  assert.throws(() => planExperiment(many, options), usage(/9 candidates are too many: at most 8/));
  const repeated = Array.from({ length: 9 }, () => 'versioned');
  assert.throws(() => planExperiment(repeated, options), usage(/9 candidates are too many/), 'counted first');
});

test('verdicts rest on nothing that could never be compared', () => {
  const planned = (primary: string, given: string[], more: Partial<CompareOptions> = {}) =>
    planExperiment(given, { ...options, primary, ...more }).primary;
  const noMemory = usage(/"no-cache" has no memoryHitRatio.* --baseline .*darkroom list figures/);
  assert.throws(() => planned('memoryHitRatio', ['versioned']), noMemory);
  assert.throws(() => planned('memoryHitRatio', ['cache-aside', 'versioned', 'no-cache']), noMemory);
  const redisOnly = 'versioned:tiers=redis';
  assert.throws(
    () => planned('memoryHitRatio', ['cache-aside', redisOnly]),
    usage(/redis" has no memoryHit/),
  );
  assert.equal(planned('memoryHitRatio', ['cache-aside', 'versioned']), 'memoryHitRatio');
  assert.equal(planned('hitRatio', []), 'hitRatio');
  const dark = { telemetry: 'off' } as const;
  for (const primary of ['hitRatio', 'cpuUsPerRequest', 'storageQueriesPerRequest'])
    assert.throws(
      () => planned(primary, [], dark),
      usage(/--telemetry off nothing is counted.*response time/),
    );
  for (const primary of ['request', 'p99']) assert.equal(planned(primary, [], dark), primary);
});

test('what would take memory without a bound is refused with the value that does not', () => {
  const at = (given: Partial<CompareOptions>) => () =>
    planExperiment([], { ...options, rate: 250, ...given });
  assert.throws(at({ measure: 1_001 }), usage(/--measure 1001 is too long .* --measure 1000 at most/));
  assert.equal(at({ measure: 1_000 })().measureSeconds, 1_000);
  const inTurnsAt = { ...inTurns, rate: 5_000 };
  assert.throws(at({ ...inTurnsAt, measure: 200 }), usage(/--measure 199 at most/));
  assert.throws(at({ ...inTurnsAt, warmUp: 3_600 }), usage(/--warm-up 200 at most/));
  const large = { photos: 10_000_000, people: 20_000 };
  assert.throws(at({ ...large, timeLimit: 3_600 }), usage(/--photos 500000 at most/));
  assert.equal(at(large)().photos, 10_000_000);
  assert.equal(at({ timeLimit: 86_400 })().timeLimitSeconds, 86_400);
});

test('a candidate is itself in every spelling', () => {
  const twins = usage(/"cache-aside" and "cache-aside:ttl=1m" are the same candidate/);
  assert.throws(() => planCandidates(['cache-aside', 'cache-aside:ttl=1m', 'versioned'], undefined), twins);
  assert.throws(() => planCandidates(['versioned', 'versioned', 'no-cache'], undefined), usage(/the same/));
  assert.throws(() => planCandidates(['no-cache', 'no-cache', 'versioned'], undefined), usage(/the same/));
  const distinct = (texts: string[]) =>
    requireFewDistinct(
      texts.map((text) => readNamed(text, 1)),
      2,
    );
  assert.throws(() => distinct(['cache-aside', 'cache-aside:ttl=1m']), twins);
  assert.throws(
    () => distinct(['ttl=5s', 'cache-aside:ttl=5s']),
    usage(/same candidate: cache-aside:ttl=5s/),
  );
  const otherOrder = ['versioned:ttl=90s,jitter=.2', 'versioned:jitter=0.20,ttl=90000ms'];
  assert.throws(() => distinct(otherOrder), usage(/same candidate: versioned:ttl=90s,jitter=0.2/));
  distinct(['cache-aside', 'cache-aside:ttl=61s']);
  const planned = planCandidates(['versioned', 'cache-aside:ttl=60s'], 'cache-aside');
  assert.deepEqual(
    planned.map(({ label, role }) => `${label} ${role}`),
    ['cache-aside baseline', 'versioned candidate', 'cache-aside′ control'],
  );
});

test('a scenario whose clocks must run is refused in turns, with the reason', () => {
  assert.throws(
    () => planExperiment([], { ...inTurns, scenario: 'counting' }),
    usage(/counting cannot be measured in turns, since adds carry the time.*Leave out --pacing turns/),
  );
  assert.equal(planExperiment([], { ...options, scenario: 'counting' }).scenario, 'counting');
});
