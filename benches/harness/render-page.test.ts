import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Target } from './bench.ts';
import { readResults } from './bench-result.ts';
import type { BenchResult } from './bench-result.ts';
import { judgeTarget } from './judge-target.ts';
import { renderPage } from './render-page.ts';

const folder = join(import.meta.dirname, '..');

const target = (change: Partial<Target>): Target => ({
  contestant: 'ours',
  metric: 'cpuNs',
  relation: 'ratio',
  against: 'floor',
  sense: 'at-most',
  limit: 3,
  ...change,
});

function resultOf(ours: readonly (number | null)[], targets: readonly Target[] = []): BenchResult {
  return {
    format: 1,
    description: {
      name: 'memory-hit',
      question: 'What does it cost?',
      method: ['Asked one by one.'],
      metrics: [
        { key: 'cpuNs', title: 'CPU per read', unit: 'ns', decimals: 0 },
        { key: 'heap', title: 'heap', unit: 'B', decimals: 1 },
      ],
      reference: 'floor',
      targets,
    },
    rounds: 7,
    seed: 5,
    contestants: [
      {
        label: 'floor',
        figures: { cpuNs: [100, 200, 100, 100, 100, 100, 100], heap: [1, 1, 1, 1, 1, 1, 1] },
      },
      { label: 'ours', figures: { cpuNs: ours, heap: ours.map(() => null) } },
    ],
    missing: [{ label: 'lost', reason: 'it has no key' }],
    machine: {
      cpu: 'a CPU',
      cores: 2,
      platform: 'linux-x64',
      node: 'v26',
      redis: '7',
      cpuPressurePct: [3, null],
    },
    versions: { peer: '1.2.3' },
    commit: 'abc',
    date: '2026-03-01',
  };
}

const steady = [200, 400, 210, 190, 200, 220, 200];

describe('a target', () => {
  it('is met when the ratio within rounds keeps the limit, and sure when the whole interval does', () => {
    const outcome = judgeTarget(resultOf(steady), target({}));
    assert.deepEqual(outcome?.estimate.median, 2);
    assert.deepEqual([outcome?.isMet, outcome?.isSure, outcome?.missedBy], [true, true, 0]);
  });

  it('is in doubt when the interval holds the limit', () => {
    const outcome = judgeTarget(resultOf(steady), target({ limit: 2.1 }));
    assert.deepEqual([outcome?.isMet, outcome?.isSure], [true, false]);
  });

  it('says by how much it was missed, either way', () => {
    const most = judgeTarget(resultOf(steady), target({ relation: 'value', against: null, limit: 160 }));
    assert.deepEqual([most?.isMet, most?.missedBy], [false, 0.25]);
    const least = judgeTarget(resultOf(steady), target({ sense: 'at-least', limit: 8 }));
    assert.deepEqual([least?.isMet, least?.isSure, least?.missedBy], [false, true, 0.75]);
  });

  it('knows differences, and rounds that are lacking', () => {
    const outcome = judgeTarget(
      resultOf([null, null, 110, 115, null, 130, 112]),
      target({ relation: 'difference', limit: 15 }),
    );
    assert.equal(outcome?.estimate.median, 13.5);
    assert.equal(judgeTarget(resultOf([]), target({})), null);
    assert.equal(judgeTarget(resultOf(steady), target({ against: 'nobody' })), null);
  });
});

describe('the page', () => {
  it('shows medians with their extremes, ratios with their interval, and what is lacking', () => {
    const page = renderPage([
      resultOf(steady, [target({}), target({ limit: 1.6 }), target({ contestant: 'lost' })]),
    ]);
    for (const line of [
      '|  | CPU per read, ns | x floor | heap, B |',
      '| **floor** (reference) | 100 [100–200] | 1.00 | 1.0 |',
      '| ours | 200 [190–400] | 2.00 [1.90–2.20] | – |',
      '- **met**: ours: CPU per read beside floor at most 3 times; measured 2.00 [1.90–2.20].',
      '- **missed by 25 %**: ours: CPU per read beside floor at most 1.6 times; measured 2.00 [1.90–2.20].',
      '- **not measured**: lost: CPU per read beside floor at most 3 times.',
      '- Not there: lost: it has no key',
      '7 rounds (intervals cover 98 %), seed 5, 2026-03-01, commit abc.',
      'Versions: peer 1.2.3.',
    ])
      assert.ok(page.includes(`${line}\n`), `${line}\n---\n${page}`);
  });

  it('is what the results in the repository make', () => {
    const page = readFileSync(join(folder, '..', 'docs', 'benchmarks.md'), 'utf8');
    assert.equal(page, renderPage(readResults(join(folder, 'results'))), 'run "npm run bench -- --render"');
  });
});
