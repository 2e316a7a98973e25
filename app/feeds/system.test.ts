import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCandidate } from '../candidates/format-candidate.ts';
import { parseCandidate } from '../candidates/parse-candidate.ts';
import { feedsSystem } from './system.ts';

test('feeds are gathered where nobody says otherwise, and then nothing is told to anybody', () => {
  const { feeds } = parseCandidate('versioned');
  assert.deepEqual([feeds.feed, feeds.outbox, feeds.activeFeeds], ['pull', 'off', 0]);
});

test('what is pushed goes through the outbox, also unsaid', () => {
  for (const feed of ['push', 'hybrid']) {
    const candidate = parseCandidate(`feed=${feed}`);
    assert.equal(candidate.feeds.outbox, 'on');
    assert.equal(formatCandidate(candidate), `cache-aside:feed=${feed}`);
  }
  assert.equal(formatCandidate(parseCandidate('outbox=on,feed=pull')), 'cache-aside:outbox=on');
});

test('workers run where the outbox is on, so many as there are to be', () => {
  const kindsOf = (text: string) => feedsSystem.processes?.(parseCandidate(text).feeds) ?? [];
  const counts = ['no-cache', 'outbox=on', 'feed=push,workers=2'].map((text) =>
    kindsOf(text).map(({ count }) => count),
  );
  assert.deepEqual(counts, [[], [1], [2]]);
});

test('what would mean nothing is refused in words', () => {
  const refusals = {
    'feed=push,outbox=off': /leave outbox=off out/,
    'feed=push,celebrity=10': /feed=hybrid only/,
    'feed-rows=100': /feed=pull keeps none/,
    'feed=pull,active=5': /feed=pull keeps none/,
    'workers=2': /add outbox=on/,
    'feed=share': /pull \| push \| hybrid/,
  };
  for (const [text, reason] of Object.entries(refusals))
    assert.throws(() => parseCandidate(text), reason, text);
});
