import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphStatistics } from './graph-statistics.ts';
import { createAliasTable } from './alias-table.ts';
import { celebritiesOf } from './celebrities.ts';
import { createDrawnFollows, followeeAt } from './drawn-follows.ts';
import { createPopulation } from './population.ts';
import type { FollowerDistribution } from './population-size.ts';
import { createSocialGraph, drawingWeights, reciprocityTarget } from './social-graph.ts';
import type { SocialGraph } from './social-graph.ts';

const populationOf = (people: number, seed = 1, followers: FollowerDistribution = 'heavy') =>
  createPopulation({ seed, people, photos: 20, followers });
const graphOf = (...size: Parameters<typeof populationOf>): SocialGraph =>
  createSocialGraph(populationOf(...size));

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

test('followers are heavy-tailed: a power law with an exponent of about 2, at both sizes of the profiles', () => {
  const exponent = hillExponent(followersOf(graphOf(2_000)), 300);
  assert.ok(exponent > 1.7 && exponent < 2.3, `exponent ${exponent}`);
  for (const people of [500, 2_000])
    for (const seed of [1, 2, 3, 4, 5]) {
      const { followers } = graphStatistics(graphOf(people, seed));
      assert.ok(followers.gini > 0.5, `${people} people, seed ${seed}: Gini ${followers.gini}`);
    }
});

test('celebrities are followed by as many as the model says, at any size', () => {
  for (const people of [500, 2_000, 5_000]) {
    const population = populationOf(people);
    const followers = new Map<number, number>();
    for (const id of createSocialGraph(population).following.flat())
      followers.set(id, (followers.get(id) ?? 0) + 1);
    for (const [rank, { id, share }] of celebritiesOf(population.size).entries()) {
      const achieved = (followers.get(id) ?? 0) / people;
      // Those whom they follow themselves may follow back.
      const spread = 4 * Math.sqrt((share * (1 - share)) / people);
      assert.ok(
        achieved > share - spread && achieved < share + spread + 0.03,
        `${people}: ${rank} ${achieved}`,
      );
    }
  }
});

test('everybody else has the followers that the population says, on average', () => {
  const { size, followerShare } = populationOf(2_000);
  const celebrities = new Set(celebritiesOf(size).map(({ id }) => id));
  const wanted = followerShare.filter((_, index) => !celebrities.has(index + 1));
  const followers = graphOf(2_000)
    .following.flat()
    .filter((id) => !celebrities.has(id)).length;
  const achieved = followers / wanted.length / 2_000;
  const mean = wanted.reduce((sum, share) => sum + share, 0) / wanted.length;
  assert.ok(achieved > mean && achieved < 1.2 * mean, `${achieved}, not ${mean}: links are returned besides`);
});

test('where followers are even, all have about as many, and nobody is a celebrity', () => {
  for (const people of [500, 2_000]) {
    const { followers, reciprocity } = graphStatistics(graphOf(people, 1, 'even'));
    assert.ok(followers.gini < 0.15, `${people} people: Gini ${followers.gini}`);
    assert.ok(followers.max < 2.5 * followers.mean, `${people} people: ${followers.max}`);
    assert.ok(Math.abs(reciprocity - reciprocityTarget) < 0.01);
    assert.deepEqual(celebritiesOf(populationOf(people, 1, 'even').size), []);
  }
});

test('somebody whom a person follows is known without the graph', () => {
  for (const followers of ['heavy', 'even'] as const) {
    const population = populationOf(500, 3, followers);
    const follows = createDrawnFollows(population.size, createAliasTable(drawingWeights(population)));
    const { following } = createSocialGraph(population);
    for (const [index, followed] of following.entries()) {
      const found = Array.from({ length: 40 }, (_, step) => followeeAt(follows, index, (step + 0.5) / 40));
      for (const id of found) assert.ok(id !== null && followed.includes(id), `${index + 1} follows ${id}`);
      if (followed.length > 20) assert.ok(new Set(found).size > 5, 'not always the same');
    }
  }
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
