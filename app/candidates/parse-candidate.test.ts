import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { defaultParameters } from '../cache/settings/cache-axes.ts';
import { strategies } from '../cache/strategies/index.ts';
import { DarkroomError } from '../errors.ts';
import { formatCandidate } from './format-candidate.ts';
import { parseCandidate } from './parse-candidate.ts';
import { allRedisUses, needsRedis } from './system-values.ts';

function refusal(text: string): string {
  try {
    parseCandidate(text);
  } catch (error) {
    assert.ok(error instanceof DarkroomError, `${text}: ${String(error)}`);
    assert.equal(error.code, 'INVALID_CANDIDATE');
    return error.message;
  }
  return assert.fail(`"${text}" was accepted`);
}

test('a name alone has every default', () => {
  const usual = { ...defaultParameters, strategy: 'cache-aside' };
  assert.deepEqual(parseCandidate('cache-aside').cache, usual);
  assert.equal(parseCandidate('versioned').cache.protection, 'single-flight');
  assert.equal(parseCandidate('no-cache').cache.tiers, 'none');
});

test('parameters are read', () => {
  const text = 'versioned:tiers=redis,ttl=5s,jitter=0,feed-ttl=500ms,protection=none';
  const candidate = parseCandidate(text).cache;
  assert.deepEqual(
    [candidate.tiers, candidate.ttlMs, candidate.ttlJitter, candidate.feedTtlMs, candidate.protection],
    ['redis', 5_000, 0, 500, 'none'],
  );
  assert.equal(candidate.invalidation, 'ttl', 'without a memory tier nobody needs a message');
  assert.equal(parseCandidate('cache-aside:memory=512KiB,ttl=2m').cache.memoryBytes, 512 * 1024);
});

test('axes alone are those of cache-aside', () => {
  assert.deepEqual(parseCandidate('ttl=5s'), parseCandidate('cache-aside:ttl=5s'));
  assert.deepEqual(
    parseCandidate('tiers=redis,jitter=0'),
    parseCandidate('cache-aside:jitter=0,tiers=redis'),
  );
  assert.deepEqual(parseCandidate('strategy=versioned,ttl=5s'), parseCandidate('versioned:ttl=5s'));
  assert.equal(formatCandidate(parseCandidate('ttl=5s')), 'cache-aside:ttl=5s');
  assert.equal(formatCandidate(parseCandidate('ttl=60s')), 'cache-aside');
});

describe('what is not valid is refused with what is', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /no strategy "".*no-cache/],
    ['versionned', /Did you mean "versioned"\?.*cache-aside/],
    ['constructor', /no strategy/],
    [':ttl=5s', /no strategy ""/],
    ['ttl=5s:jitter=0', /no strategy "ttl=5s"/],
    ['tttl=5s', /no parameter "tttl".*Did you mean "ttl"/],
    ['ttl=', /"ttl" takes a time/],
    ['=5s', /no parameter ""/],
    ['ttl=5s,', /no parameter ""/],
    ['ttl=5s,ttl=6s', /given twice/],
    ['versioned,ttl=5s', /no parameter "versioned".*stands in front of a colon: versioned:/],
    ['versioned:strategy=lease', /"strategy" is given twice/],
    ['strategy=leese', /"strategy" takes no-cache \|/],
    ['cache-aside:tttl=5s', /no parameter "tttl".*Did you mean "ttl"\?.*feed-ttl/],
    ['cache-aside:counters-ttl=5s', /"counters-ttl"\. Counts are no class: .*photo-… or profile-…/],
    ['cache-aside:like-invalidation=ttl', /Counts are no class/],
    ['cache-aside:constructor=1', /no parameter "constructor"/],
    ['cache-aside:', /no parameter ""/],
    ['cache-aside:ttl', /"ttl" takes a time/],
    ['cache-aside:ttl=5', /takes a time such as 500ms, 5s or 2m.*not "5"/],
    ['cache-aside:ttl=0s', /takes a time/],
    ['cache-aside:ttl=0.5ms', /takes a time/],
    ['cache-aside:ttl=1s,ttl=2s', /given twice/],
    ['cache-aside:jitter=0.6', /from 0 to 0\.5/],
    ['cache-aside:jitter=-0.1', /from 0 to 0\.5/],
    ['cache-aside:memory=64', /a size such as/],
    ['cache-aside:memory=1.0001KiB', /a size such as/],
    ['cache-aside:memory=5GiB', /at most 4GiB/],
    ['cache-aside:memory=32KiB', /at least 64KiB/],
    ['cache-aside:redis-memory=512KiB', /a size such as 16MiB.*at least 4MiB.*not "512KiB"/],
    ['cache-aside:redis-memory=1MiB', /at least 4MiB/],
    [
      'write-behind:redis-memory=5MiB',
      /less than Redis takes for itself, a queue of 10000 writes.*at least 6MiB/,
    ],
    ['write-behind:redis-memory=64MiB,queue=1000000', /a queue of 1000000 writes.*at least 248MiB/],
    ['cache-aside:tiers=memroy', /memory\+redis/],
    ['cache-aside:tiers=none', /needs a tier.*no-cache/],
    ['versioned:tiers=none', /needs a tier/],
    ['no-cache:tiers=memory', /keeps nothing/],
    ['no-cache:ttl=5s', /keeps nothing/],
    ['cache-aside:tiers=redis,invalidation=pubsub', /there is none: redis is shared/],
    ['cache-aside:tiers=redis,memory=1MiB', /there is none/],
    ['cache-aside:tiers=redis,eviction=lru', /there is none/],
    ['cache-aside:tiers=memory,codec=json', /there is none/],
    ['cache-aside:tiers=memory,redis-memory=64MiB', /of the redis tier, and there is none/],
    ['cache-aside:redis-eviction=lru', /allkeys-lru/],
    ['write-behind:redis-eviction=allkeys-lfu', /could evict the queue/],
    ['cache-aside:tiers=memory,promotion=hot', /needs tiers=memory\+redis/],
    ['cache-aside:eviction=random', /lru/],
    ['cache-aside:negative=0s', /off, or a time/],
    ['cache-aside:stale=5s', /no meaning for cache-aside.*stale-while-revalidate and stale-if-error/],
    ['stale-while-revalidate:beta=2', /parameter of early-expiration/],
    ['early-expiration:beta=0', /a number from 0\.1 to 100/],
    ['read-through:protection=none', /the strategy that does not is cache-aside/],
    ['stale-if-error:protection=none', /stale-if-error joins its loads/],
    ['lease:protection=single-flight', /cache-aside with protection=lease/],
    ['cache-aside:tiers=memory,protection=lease', /given by redis/],
    ['versioned:fence=none', /cache-aside with fence=version/],
    ['cache-aside-delete-first:fence=version', /no version to fence with/],
    ['ttl-only:invalidation=pubsub', /hears of no write/],
    ['client-tracking:tiers=redis', /needs tiers=memory\+redis/],
    ['client-tracking:protection=none', /marks reads under way/],
    ['cache-aside:invalidation=client-tracking', /needs protection/],
    ['change-stream:invalidation=pubsub', /leave that to the stream/],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => assert.match(refusal(text), expected));
  }
});

const units = {
  ms: fc.integer({ min: 1, max: 9_999 }),
  s: fc.integer({ min: 1, max: 999 }),
  m: fc.integer({ min: 1, max: 99 }),
};
const duration = fc.oneof(
  ...Object.entries(units).map(([unit, count]) => count.map((value) => `${value}${unit}`)),
);
const withMemory = fc.record(
  {
    ttl: duration,
    jitter: fc.integer({ min: 0, max: 50 }).map((percent) => String(percent / 100)),
    'feed-ttl': duration,
    memory: fc.integer({ min: 1, max: 4_096 }).map((value) => `${value}MiB`),
    tiers: fc.constantFrom('memory', 'memory+redis'),
    protection: fc.constantFrom('none', 'single-flight'),
    invalidation: fc.constantFrom('ttl', 'pubsub'),
  },
  { requiredKeys: [] },
);

test('the canonical text gives the same candidate and leaves out what is usual', () => {
  const names = fc.constantFrom('cache-aside', 'versioned');
  fc.assert(
    fc.property(names, withMemory, (strategy, parameters) => {
      const pairs = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
      const candidate = parseCandidate(pairs.length === 0 ? strategy : `${strategy}:${pairs.join(',')}`);
      const text = formatCandidate(candidate);
      assert.deepEqual(parseCandidate(text), candidate);
      assert.equal(formatCandidate(parseCandidate(text)), text);
      assert.match(text, /^[\w:=,.+-]+$/, 'no character that a shell touches');
    }),
  );
  for (const name of Object.keys(strategies)) assert.equal(formatCandidate(parseCandidate(name)), name);
  assert.equal(formatCandidate(parseCandidate('versioned:ttl=60s,tiers=memory+redis')), 'versioned');
  assert.equal(formatCandidate(parseCandidate('versioned:tiers=redis')), 'versioned:tiers=redis');
});

test('the list of strategies names each by its own name and says what it is', () => {
  for (const [name, definition] of Object.entries(strategies)) {
    assert.equal(definition.name, name);
    assert.notEqual(definition.summary, '');
  }
});

test('Redis is needed for a redis tier and for a bus, and for nothing else', () => {
  const answers = ['no-cache', 'cache-aside', 'versioned:tiers=redis', 'cache-aside:tiers=memory'].map(
    (text) => needsRedis(parseCandidate(text)),
  );
  assert.deepEqual(answers, [false, true, true, true]);
  assert.equal(needsRedis(parseCandidate('cache-aside:tiers=memory,invalidation=ttl')), false);
  const usesOf = (text: string) => allRedisUses(parseCandidate(text));
  assert.deepEqual(usesOf('cache-aside'), ['entries', 'messages']);
  assert.deepEqual(usesOf('write-behind:tiers=memory,invalidation=ttl'), ['queue']);
  assert.deepEqual(usesOf('client-tracking'), ['entries', 'tracking']);
});
