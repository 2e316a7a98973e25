import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphStatistics } from './graph-statistics.ts';
import { createPopulation } from './population.ts';
import { createSocialGraph, reciprocityTarget } from './social-graph.ts';
import type { SocialGraph } from './social-graph.ts';

const graphOf = (people: number, seed = 1): SocialGraph =>
  createSocialGraph(createPopulation({ seed, people, photos: 20 }));

/** Followers of each person, most first. */
function followersOf({ following }: SocialGraph): number[] {
  const followers = following.map(() => 0);
  for (const id of following.flat()) followers[id - 1] = (followers[id - 1] ?? 0) + 1;
  return followers.sort((a, b) => b - a);
}

/** Hill's estimate of a power law's exponent over the `k` largest values. */
function hillExponent(sorted: readonly number[], k: number): number {
  const least = sorted[k] as number;
  const mean = sorted.slice(0, k).reduce((sum, value) => sum + Math.log(value / least), 0) / k;
  return 1 + 1 / mean;
}

test('nobody follows themselves, anyone twice, or somebody who does not exist', () => {
  for (const people of [2, 20, 500, 2_000]) {
    for (const [index, followed] of graphOf(people).following.entries()) {
      assert.equal(new Set(followed).size, followed.length);
      assert.ok(followed.every((id) => Number.isInteger(id) && id >= 1 && id <= people && id !== index + 1));
    }
  }
});

test('reaches its reciprocity, in a small population too', () => {
  for (const people of [500, 2_000]) {
    for (const seed of [1, 2, 3]) {
      const { reciprocity } = graphStatistics(graphOf(people, seed));
      assert.ok(
        Math.abs(reciprocity - reciprocityTarget) < 0.01,
        `${people} people, seed ${seed}: ${reciprocity}`,
      );
    }
  }
});

test('followers are heavy-tailed: a power law with an exponent of about 2, and celebrities beyond it', () => {
  const graph = graphOf(2_000);
  const followers = followersOf(graph);
  const exponent = hillExponent(followers, 300);
  assert.ok(exponent > 1.8 && exponent < 2.5, `exponent ${exponent}`);
  const { followers: statistics } = graphStatistics(graph);
  assert.ok(statistics.p99 > 10 * statistics.p50, 'one in a hundred has ten times the median');
  assert.ok(statistics.gini > 0.45, `Gini ${statistics.gini}`);
  assert.ok((followers[3] as number) > 8 * statistics.mean, 'there are four celebrities');
  assert.ok((followers[0] as number) < 2_000, 'and not even the first is followed by all');
});

test('people follow dozens, lognormally: the logarithms have the chosen spread', () => {
  const { following } = graphOf(2_000);
  const logs = following.map((followed) => Math.log(Math.max(1, followed.length)));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length);
  assert.ok(Math.exp(mean) > 25 && Math.exp(mean) < 40, `median ${Math.exp(mean)}`);
  assert.ok(deviation > 0.7 && deviation < 1, `spread ${deviation}`);
});

test('rank is not id: the most followed are not the first people', () => {
  const followers = new Map<number, number>();
  for (const id of graphOf(2_000).following.flat()) followers.set(id, (followers.get(id) ?? 0) + 1);
  const hottest = [...followers].sort(([, a], [, b]) => b - a).slice(0, 4);
  assert.notDeepEqual(
    hottest.map(([id]) => id),
    [1, 2, 3, 4],
  );
  assert.ok(hottest.some(([id]) => id > 500));
});

test('the same seed gives the same graph, another seed another one', () => {
  assert.deepEqual(graphOf(300), graphOf(300));
  assert.notDeepEqual(graphOf(300), graphOf(300, 2));
});
