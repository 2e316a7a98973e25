import assert from 'node:assert/strict';
import { test } from 'node:test';
import { singlePass } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { createPlanner } from '../k6/request-plans.ts';
import { passLengthSeconds } from './endless-load.ts';

test('a pass lasts ten minutes, the first one a minute, and none has more than 60,000 requests', () => {
  assert.equal(passLengthSeconds(0, 40), 60);
  assert.equal(passLengthSeconds(1, 40), 600);
  for (const pass of [0, 1, 7])
    for (const rate of [150, 1_000, 5_000]) assert.ok(passLengthSeconds(pass, rate) * rate <= 60_000);
  assert.equal(passLengthSeconds(1, 5_000), 12);
});

test('the worlds of a pass share its requests, which are planned once', () => {
  let asked = 0;
  const planned = createPlanner({
    population: null as never,
    requestAt: (pass, index) => {
      asked += 1;
      return { operation: 'feedPage', viewerId: index, params: { userId: pass } };
    },
  });
  const settingsOf = (pass: number): RunSettings => ({
    seed: 1,
    people: 20,
    photos: 20,
    mix: 'social-default',
    worlds: [],
    passes: singlePass(pass, 10, { settleSeconds: 0, measureSeconds: 3 }),
    ratePerSecond: 10,
    arrivals: 'poisson',
  });
  assert.equal(planned(settingsOf(0)), planned(settingsOf(0)));
  assert.equal(asked, 30);
  assert.equal(planned(settingsOf(1))[29]?.params['userId'], 1);
  assert.equal(asked, 60);
});
