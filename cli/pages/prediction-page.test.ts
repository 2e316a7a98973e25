import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inventPlan, inventResult, inventTogether } from '../../tests/support/invented-experiment.ts';
import { unknownHitRatios } from '../report/measured-results.ts';
import { composePredictionPage } from './prediction-page.ts';

const shape = { medianMs: 4, queries: 1, memoryHits: 0 };
const plan = inventPlan('together', ['no-cache', 'versioned', 'cache-aside:tiers=memory']);
const invented = inventResult(
  plan,
  inventTogether(Object.fromEntries(plan.candidates.map(({ label }) => [label, shape]))),
);
const ratios = (memory: number | null, redis: number | null, all: number | null) => ({
  ...unknownHitRatios,
  ...{ memory, redis, all },
});
const result = {
  ...invented,
  candidates: invented.candidates.map((one) => {
    if (one.name === 'versioned')
      return { ...one, expectedHitRatio: ratios(0.5, 0.2, 0.7), hitRatio: ratios(0.49, 0.225, 0.715) };
    if (one.name === 'cache-aside:tiers=memory')
      return { ...one, expectedHitRatio: ratios(0.6, null, 0.6), hitRatio: ratios(0.6, null, 0.6) };
    return { ...one, expectedHitRatio: ratios(null, null, 0), hitRatio: ratios(null, null, 0) };
  }),
};
const page = composePredictionPage({
  record: './darkroom record feed-browsing',
  replay: './darkroom replay feed.parquet',
  recording: { requests: 4_200, reads: 30_100, seconds: 120.4 },
  result,
});

test('the page of predictions has each layer of each candidate beside what was measured', () => {
  assert.match(
    page,
    /^\| `versioned` \| 50\.0 \/ 49\.0 \(-1\.0\) \| 20\.0 \/ 22\.5 \(\+2\.5\) \| 70\.0 \/ 71\.5 \(\+1\.5\) \|$/m,
  );
  assert.match(
    page,
    /^\| `cache-aside:tiers=memory` \| 60\.0 \/ 60\.0 \(\+0\.0\) \| – \| 60\.0 \/ 60\.0 \(\+0\.0\) \|$/m,
  );
  assert.doesNotMatch(page, /^\| `no-cache/m);
  assert.doesNotMatch(page, /undefined|NaN/);
});

test('it says how many agree, and which is farthest off', () => {
  assert.match(
    page,
    /Of 5 hit ratios of 2 candidates, 4 agree within 2 points; .* redis of `versioned`, by 2\.5\./,
  );
});

test('what the page refers to is there', () => {
  const root = join(import.meta.dirname, '..', '..');
  for (const [, path = ''] of page.matchAll(/\]\((\.\.\/[^)]*)\)/g))
    assert.ok(existsSync(join(root, 'docs', 'systems', path)), path);
});
