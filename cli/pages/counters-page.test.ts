import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inventPlan, inventResult, inventTogether } from '../../tests/support/invented-experiment.ts';
import { composeCountersPage } from './counters-page.ts';

const shape = { medianMs: 4, queries: 1, memoryHits: 0 };
const modes = ['row', 'eventual', 'raw-log'] as const;
const texts = ['no-cache', 'no-cache:counter=eventual', 'no-cache:counter=raw-log'] as const;
const plan = inventPlan('together', texts);
const labels = plan.candidates.map(({ label }) => label);
const invented = inventResult(
  plan,
  inventTogether(Object.fromEntries(labels.map((label) => [label, shape]))),
);
const result = {
  ...invented,
  candidates: invented.candidates.map((one, place) => ({
    ...one,
    figures: {
      ...one.figures,
      addMsP50: 2 + place,
      countErrorAtOnce: 0.5,
      countErrorAtRest: 0,
      rollupsPerWrite: 0.1,
    },
  })),
};
const reads = modes.flatMap((mode, place) =>
  [500, 5_000].map((events, step) => ({
    candidate: texts[place] ?? '',
    mode,
    events,
    p50Ms: 1 + place * step,
    p99Ms: 2 + 10 * place * step,
  })),
);
const page = composeCountersPage({ comparison: { command: './darkroom compare ...', result }, reads });

test('the page of counters tells ratios beside the baseline, and how reads grow with events', () => {
  assert.match(page, /^\| `no-cache:counter=eventual` \| 1\.50 × \|.*\| 50\.0 \/ 0\.0 \|/m);
  assert.match(
    page,
    /^\| `no-cache:counter=eventual` \| 1\.00 ms \/ 2\.00 ms \| 2\.00 ms \/ 12\.00 ms \| 2\.00 × \/ 6\.00 × \|$/m,
  );
  assert.match(page, /0\.10 rollups per write/);
  assert.match(page, /p99 of `eventual` with ten times the events: 6\.00 ×/);
  assert.doesNotMatch(page, /undefined|NaN/);
});

test('what the page refers to is there', () => {
  const root = join(import.meta.dirname, '..', '..');
  const tests = [...page.matchAll(/`((?:app|tests)\/[^`]*\.test\.ts)`/g)].map(([, path]) => path ?? '');
  assert.equal(tests.length, 3);
  for (const path of tests) assert.ok(existsSync(join(root, path)), path);
  for (const [, path = ''] of page.matchAll(/\]\((\.\.\/[^)]*)\)/g))
    assert.ok(existsSync(join(root, 'docs', 'systems', path)), path);
});
