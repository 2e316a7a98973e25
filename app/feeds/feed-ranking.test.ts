import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rank, scoreOf } from './feed-ranking.ts';

const nowMs = Date.parse('2026-01-02T00:00:00Z');
const post = (hoursAgo: number, likeCount = 0, commentCount = 0) => ({
  likeCount,
  commentCount,
  createdAt: new Date(nowMs - hoursAgo * 3_600_000).toISOString(),
});

test('a score is what others made of a post, less with its age', () => {
  assert.equal(scoreOf(post(2), nowMs), 1 / 8);
  assert.equal(scoreOf(post(14, 3, 2), nowMs), 8 / 64);
  assert.equal(scoreOf(post(-5), nowMs), scoreOf(post(0), nowMs), 'a clock that is behind changes nothing');
});

test('the highest score comes first; equals stay in their order', () => {
  const posts = { fresh: post(0), loved: post(10, 500), old: post(100), older: post(100) };
  const names = Object.keys(posts) as (keyof typeof posts)[];
  assert.deepEqual(
    rank(names, (name) => posts[name], nowMs),
    ['loved', 'fresh', 'old', 'older'],
  );
});
