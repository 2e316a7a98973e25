import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { describeDeletions } from './deletion-notes.ts';

const notesOf = (texts: readonly string[], replicas = 2): string[] =>
  describeDeletions({
    replicas,
    candidates: texts.map((text) => ({ label: text, role: 'candidate', candidate: parseCandidate(text) })),
  });

test('a candidate whose replicas hear of nothing is told to show what was deleted, and for how long', () => {
  assert.deepEqual(notesOf(['no-cache', 'cache-aside', 'versioned', 'ttl-only:tiers=redis']), []);
  assert.deepEqual(notesOf(['ttl-only', 'cache-aside:invalidation=ttl', 'ttl-only:ttl=5s']), [
    'A deleted photo may be shown for 60 s more by another replica of ttl-only, cache-aside:invalidation=ttl: with invalidation=ttl nothing tells it.',
    'A deleted photo may be shown for 5 s more by another replica of ttl-only:ttl=5s: with invalidation=ttl nothing tells it.',
  ]);
  assert.deepEqual(notesOf(['ttl-only'], 1), []);
});

test('what is served stale, a class that lives longer, and an edge add to it', () => {
  const secondsOf = (text: string) => /for (\d+) s more/.exec(notesOf([text]).join())?.[1];
  assert.equal(secondsOf('stale-while-revalidate:invalidation=ttl,ttl=10s,stale=7s'), '17');
  assert.equal(secondsOf('ttl-only:ttl=10s,comments-ttl=20s'), '20');
  assert.equal(secondsOf('ttl-only:ttl=10s,edge=on,edge-ttl=3s,edge-stale=4s'), '17');
});

test('a candidate that hears of writes by the log of changes, and passes over those of a class, is told as well', () => {
  assert.deepEqual(notesOf(['change-stream', 'versioned:photo-invalidation=ttl']), []);
  const [note, ...others] = notesOf(['change-stream:photo-invalidation=ttl,ttl=10s']);
  assert.match(note ?? '', /for 10 s more .* the log of changes does not tell it a deletion/);
  assert.deepEqual(others, []);
});
