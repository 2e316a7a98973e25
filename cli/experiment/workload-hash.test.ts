import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorkload } from '../../loadtests/workloads/workload.ts';
import { planExperiment } from './plan-experiment.ts';
import { hashWorkload } from './workload-hash.ts';

const size = { seed: 1, people: 50, photos: 100, followers: 'heavy', mix: 'social-default' } as const;

test('what is asked, and how followers are spread, has one hash', () => {
  const hashes = [
    size,
    { ...size, followers: 'even' } as const,
    { ...size, mix: 'crawl' } as const,
    { ...size, seed: 2 },
  ].map((settings) => hashWorkload(createWorkload(settings)));
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(hashWorkload(createWorkload(size)), hashes[0]);
});

test('the way in which followers are spread is told apart, also where the requests are the same', () => {
  const workload = createWorkload(size);
  const { population } = workload;
  const even = { ...population, size: { ...population.size, followers: 'even' } } as const;
  assert.notEqual(hashWorkload({ ...workload, population: even }), hashWorkload(workload));
});

test('followers are heavy-tailed unless they are asked to be even', () => {
  const options = {
    scenario: 'celebrity',
    profile: 'demo',
    pacing: 'together',
    replicas: 2,
    telemetry: 'metrics',
    seed: 1,
  } as const;
  assert.equal(planExperiment([], options).followers, 'heavy');
  assert.equal(planExperiment([], { ...options, followers: 'even' }).followers, 'even');
});
