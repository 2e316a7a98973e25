import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageWeight } from './photo-age.ts';
import { createPopulation, photoWeights } from './population.ts';

const size = { seed: 1, people: 500, photos: 5_000 };
const population = createPopulation(size);

test('every photo has an owner who exists, and an age; ids grow with time', () => {
  const { photoOwner, photoAgeHours } = population;
  assert.equal(photoOwner.length, size.photos);
  assert.ok(photoOwner.every((id) => Number.isInteger(id) && id >= 1 && id <= size.people));
  assert.ok(photoAgeHours.every((age, index) => age >= 0 && age <= (photoAgeHours[index - 1] ?? Infinity)));
});

test('ranks people by their followers, each once', () => {
  const { peopleByRank, followerShare } = population;
  assert.equal(new Set(peopleByRank).size, size.people);
  const weights = peopleByRank.map((id) => followerShare[id - 1] as number);
  assert.ok(weights.every((weight, rank) => weight > 0 && weight <= (weights[rank - 1] ?? Infinity)));
});

test('some post a lot, most a little', () => {
  const posts = new Map<number, number>();
  for (const id of population.photoOwner) posts.set(id, (posts.get(id) ?? 0) + 1);
  const counts = [...posts.values()].sort((a, b) => b - a);
  const top = counts.slice(0, size.people / 10).reduce((sum, count) => sum + count, 0) / size.photos;
  const weights = Array.from({ length: size.people }, (_, index) => (index + 1) ** -0.6);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const expected = sum(weights.slice(0, size.people / 10)) / sum(weights);
  // Sorting by the drawn counts lifts the top a little above the top of the ranks.
  assert.ok(top > expected - 0.02 && top < expected + 0.04, `the top tenth has ${top}, not ${expected}`);
  assert.ok(posts.size > 0.95 * size.people);
});

test('a photo is asked for by rank, owner and age multiplied', () => {
  const { followerShare, photoOwner, photoAgeHours } = population;
  const flat = photoWeights(population, 0);
  for (const index of [0, 77, 4_999]) {
    const expected =
      (followerShare[(photoOwner[index] as number) - 1] as number) *
      ageWeight(photoAgeHours[index] as number);
    assert.equal(flat[index], expected);
  }
  // What alpha adds is one rank for each photo, 1 to n, each once.
  const ranked = photoWeights(population, 1);
  const ranks = ranked.map((weight, index) => Math.round((flat[index] as number) / weight));
  assert.deepEqual(
    [...ranks].sort((a, b) => a - b),
    Array.from({ length: size.photos }, (_, index) => index + 1),
  );
});

test('the smallest population works', () => {
  for (const followers of ['heavy', 'even'] as const) {
    const tiny = createPopulation({ seed: 1, people: 20, photos: 20, followers });
    assert.ok(photoWeights(tiny, 0.9).every((weight) => weight > 0 && Number.isFinite(weight)));
  }
});

test('where followers are even, nobody has more than others, and rank is not id', () => {
  const { followerShare, peopleByRank } = createPopulation({ ...size, followers: 'even' });
  assert.equal(new Set(followerShare).size, 1);
  assert.equal(new Set(peopleByRank).size, size.people);
  assert.notDeepEqual(
    peopleByRank,
    peopleByRank.toSorted((a, b) => a - b),
  );
});

test('the same seed gives the same population, another seed another one', () => {
  assert.deepEqual(createPopulation(size), population);
  assert.notDeepEqual(createPopulation({ ...size, seed: 2 }).photoOwner, population.photoOwner);
});
