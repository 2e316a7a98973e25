import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCandidate } from '../candidates/format-candidate.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { feedsSystem } from './system.ts';

const kindsOf = (text: string) => {
  const kinds = feedsSystem.processes?.(parseCandidate(text).feeds) ?? [];
  return kinds.filter(({ name }) => name === 'worker').map(({ count }) => count);
};

test('what is written to feeds is written by workers, by way of the outbox', () => {
  assert.deepEqual(kindsOf('no-cache'), []);
  assert.deepEqual(kindsOf('outbox=on'), [1]);
  assert.deepEqual(kindsOf('feed=push,workers=2'), [2]);
  assert.equal(parseCandidate('feed=hybrid').feeds.outbox, 'on');
  assert.equal(formatCandidate(parseCandidate('feed=push,outbox=on')), 'cache-aside:feed=push');
});

test('what makes no sense together is refused', () => {
  const cases: readonly (readonly [text: string, says: RegExp])[] = [
    ['feed=push,outbox=off', /leave outbox=off out/],
    ['feed=push,celebrity=10', /"celebrity" .* feed=hybrid/],
    ['feed-rows=100', /needs feed=push or feed=hybrid/],
    ['workers=2', /needs outbox=on/],
  ];
  for (const [text, says] of cases) assert.throws(() => parseCandidate(text), says);
});
