import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choice, duration, wholeNumber } from '../contract/axis-kinds.ts';
import type { Axes } from '../contract/axis.ts';
import type { SystemDefinition } from '../contract/system.ts';
import { DarkroomError } from '../errors.ts';
import { systems } from '../systems.ts';
import { configOf, formatCandidate, namedAxes } from './format-candidate.ts';
import { parseOver } from './parse-candidate.ts';
import { askedSystems } from './system-values.ts';

const axes = {
  counter: {
    field: 'counter',
    meaning: 'how likes are counted',
    fallback: 'exact',
    matters: 'all',
    ...choice(['exact', 'eventual']),
  },
  window: { field: 'windowMs', meaning: 'how late', fallback: 1_000, matters: 'all', ...duration },
  shards: { field: 'shards', meaning: 'rows', fallback: 1, matters: 'all', ...wholeNumber(1, 64) },
} as const satisfies Axes;

/** Counts likes; an eventual count has eight shards unless the text says otherwise. */
const counters: SystemDefinition<typeof axes> = {
  name: 'counters',
  summary: 'counts likes',
  axes,
  complete: ({ counter = 'exact', ...given }) => ({
    ...{ counter, windowMs: 1_000, shards: counter === 'eventual' ? 8 : 1 },
    ...given,
  }),
  refuses: ({ counter }, given) =>
    counter === 'exact' && given.has('window') ? 'an exact count has no window.' : null,
  redisUses: () => [],
  figures: [],
};
const two = { ...systems, counters };

const parse = (text: string) => parseOver(two, text);
const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof DarkroomError && error.code === 'INVALID_CANDIDATE' && pattern.test(error.message);

test('axes of a further system stand beside those of the cache, in any order, or alone', () => {
  const { counters: own, cache } = parse('versioned:window=5s,ttl=7s,counter=eventual');
  assert.deepEqual(own, { counter: 'eventual', windowMs: 5_000, shards: 8 });
  assert.deepEqual([cache.strategy, cache.ttlMs], ['versioned', 7_000]);
  assert.deepEqual(parse('counter=eventual,window=5s'), parse('cache-aside:window=5s,counter=eventual'));
  assert.deepEqual(parse('no-cache:counter=eventual').counters, parse('counter=eventual').counters);
});

test('a text that says nothing of a system means what it meant before there was one', () => {
  assert.deepEqual(parse('versioned:ttl=5s'), {
    ...parseOver(systems, 'versioned:ttl=5s'),
    counters: { counter: 'exact', windowMs: 1_000, shards: 1 },
  });
});

test('each system refuses what makes no sense for it, and only its own axes are told it', () => {
  assert.throws(() => parse('versioned:window=5s'), refusal(/an exact count has no window/));
  assert.throws(() => parse('no-cache:ttl=5s,counter=eventual'), refusal(/so "ttl" has no meaning/));
  assert.throws(() => parse('conter=eventual'), refusal(/Did you mean "counter"\?.*ttl.*counter, window/));
  assert.throws(() => parse('counter=maybe'), refusal(/"counter" takes exact \| eventual, not "maybe"/));
  assert.throws(() => parse('shards=1.5'), refusal(/whole number from 1 to 64/));
});

test('a text is shortest: what follows from the rest is left out', () => {
  const formatted = (text: string) => formatCandidate(parse(text), two);
  assert.equal(formatted('counter=exact,shards=1'), 'cache-aside');
  assert.equal(formatted('counter=eventual,shards=8'), 'cache-aside:counter=eventual');
  assert.equal(formatted('shards=1,counter=eventual,ttl=60s'), 'cache-aside:counter=eventual,shards=1');
  assert.equal(formatted('counter=eventual,tiers=redis'), 'cache-aside:tiers=redis,counter=eventual');
  assert.deepEqual(namedAxes(parse('counter=eventual,shards=8,tiers=redis'), two), ['tiers', 'counter']);
  for (const text of ['no-cache:shards=3', 'counter=eventual,window=1h', 'versioned'])
    assert.deepEqual(parse(formatted(text)), parse(text));
});

test('the record of a candidate tells of a further system once something is asked of it', () => {
  const cacheAlone = configOf(parse('ttl=5s'), two);
  assert.deepEqual(cacheAlone, parse('ttl=5s').cache);
  assert.deepEqual(configOf(parse('ttl=5s,counter=eventual'), two), {
    ...cacheAlone,
    ...{ counter: 'eventual', windowMs: 1_000, shards: 8 },
  });
  assert.deepEqual(askedSystems(parse('cache-aside'), two), []);
  assert.deepEqual(askedSystems(parse('ttl=5s,shards=2'), two), ['cache', 'counters']);
});
