import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { randomAt } from '../../loadtests/workloads/counter-random.ts';
import { noReads, noWork } from '../experiment/cache-counts.ts';
import { planExperiment } from '../experiment/plan-experiment.ts';
import type { BlockRecord, GuardFinding } from '../experiment/records.ts';
import type { Experiment } from '../experiment/run-experiment.ts';
import { createHistogram, recordUs } from '../statistics/histograms.ts';
import { schemaFile, schemaText } from './result-schema.ts';
import type { CompareResult } from './compare-result.ts';
import { describeSpoiled, formatBlock, formatDuration } from './progress.ts';
import { summarise } from './summarise.ts';
import type { HitRatios } from './summarise.ts';
import { renderTable } from './table.ts';

const options = {
  scenario: 'feed-browsing',
  profile: 'demo',
  rate: 150,
  replicas: 2,
  telemetry: 'metrics' as const,
  seed: 1,
};
const plan = planExperiment([], options);
const manifest = {
  seed: 1,
  workloadHash: 'sha256:0',
  scenario: plan.scenario,
  profile: plan.profile,
  rate: { perSecond: 150, source: 'default' },
  primary: plan.primary,
  baseline: plan.baseline,
  rounds: plan.rounds,
  replicas: 2,
  telemetry: 'metrics' as const,
  order: Array.from({ length: 7 }, () => plan.candidates.map(({ label }) => label)),
  driver: { name: 'k6', version: 'v2.2.0' },
  versions: { darkroom: '0.1.0', node: 'v26.10.0', postgres: '18.4', redis: '7.0.15' },
  machine: { platform: 'linux-x64', kernel: '6', cpu: 'a', cores: 2, memoryBytes: 1, unavailable: [] },
  git: { commit: null, isDirty: null },
  people: plan.people,
  photos: plan.photos,
  arrivals: 'poisson',
  settleSeconds: 1,
  measureSeconds: 4,
  warmUpSeconds: 15,
  startedAt: '2026-01-01T00:00:00.000Z',
} as const;

/** Response times around a median, with the noise of the block; the same numbers for the same arguments. */
function histogramAround(medianMs: number, round: number, slot: number) {
  const histogram = createHistogram();
  const blockNoise = 1 + 0.02 * (randomAt(7, round, slot, 0) - 0.5);
  for (let index = 0; index < 600; index += 1) {
    recordUs(histogram, medianMs * 1000 * blockNoise * (0.5 + randomAt(7, round, slot, index + 1)));
  }
  return histogram;
}

type Shape = { readonly medianMs: number; readonly queries: number; readonly memoryHits: number };

function blockOf(
  candidate: string,
  round: number,
  slot: number,
  { medianMs, queries, memoryHits }: Shape,
): BlockRecord {
  return {
    ...{ round, attempt: 1, slot, candidate, status: 'valid' as const, findings: [] },
    ...{ offered: 600, started: 600, dropped: 0, requests: 600, errors: 0 },
    responseTimeUs: histogramAround(medianMs, round, slot),
    servedRequests: 750,
    cache:
      memoryHits === 0
        ? { ...noReads, reads: 1000, bypasses: 1000 }
        : { ...noReads, reads: 1000, memoryHits, redisHits: 50, loads: 950 - memoryHits },
    cacheWork: memoryHits === 0 ? noWork : { ...noWork, loadCalls: 90, invalidationsSent: 15 },
    storageQueries: queries * 750,
    cpuUs: { service: 750_000, postgres: queries * 375_000, redis: 10_000, driver: 900_000 },
    expiredEntries: 0,
    evictedEntries: 0,
    startedAt: '2026-01-01T00:00:00.000Z',
    measured: { fromMs: 1_000, toMs: 5_000 },
  };
}

const usual: Record<string, Shape> = {
  'no-cache': { medianMs: 4, queries: 1.4, memoryHits: 0 },
  'cache-aside': { medianMs: 2, queries: 0.4, memoryHits: 850 },
  versioned: { medianMs: 2, queries: 0.4, memoryHits: 850 },
  'no-cache′': { medianMs: 4, queries: 1.4, memoryHits: 0 },
};

function experimentOf(
  shapes: Record<string, Shape>,
  change: (block: BlockRecord) => BlockRecord = (block) => block,
): Experiment {
  const blocks = Array.from({ length: plan.rounds }, (_, round) =>
    Object.entries(shapes).map(([label, shape], slot) => change(blockOf(label, round + 1, slot + 1, shape))),
  ).flat();
  return { blocks, warmUpCurves: [], order: manifest.order, ended: 'complete' };
}

function resultOf(
  experiment: Experiment,
  more: { requireVerdict?: boolean; failure?: string; expected?: ReadonlyMap<string, HitRatios> } = {},
): CompareResult {
  return summarise({
    plan,
    experiment,
    manifest: structuredClone(manifest) as unknown as CompareResult['manifest'],
    expectedHitRatios: more.expected ?? new Map([['cache-aside', { memory: 0.85, redis: 0.06, all: 0.91 }]]),
    allows: new Map([
      ['cache-aside', ['stale-fill', 'lost-invalidation']],
      ['versioned', ['failed-invalidation']],
    ]),
    requireVerdict: more.requireVerdict ?? false,
    failure: more.failure ?? null,
    slowTraces: [],
  });
}

const primaryOf = (result: CompareResult, name: string) =>
  result.comparisons.find(({ candidate, role }) => candidate === name && role === 'primary');
const finding = (fault: GuardFinding['fault']): GuardFinding => ({
  guard: 'a-guard',
  kind: 'hard',
  fault,
  message: 'it went wrong',
});

test('the kept schema is the one of the code, and a result fits it', () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), schemaText(), 'run: npm run schema');
  const validate = new Ajv({ strict: false }).compile(JSON.parse(schemaText()) as object);
  const result: unknown = JSON.parse(JSON.stringify(resultOf(experimentOf(usual))));
  assert.ok(validate(result), JSON.stringify(validate.errors));
  assert.equal(validate({ ...(result as object), schemaVersion: 2 }), false);
});

test('a clear win is better on p50 and on storage queries', () => {
  const result = resultOf(experimentOf(usual));
  assert.equal(result.status, 'ok');
  assert.equal(result.control.passed, true);
  const primary = primaryOf(result, 'cache-aside');
  assert.equal(primary?.verdict, 'better');
  assert.ok(Math.abs((primary?.changePct ?? 0) + 50) < 2, String(primary?.changePct));
  const queries = result.comparisons.find(
    ({ candidate, metric }) => candidate === 'versioned' && metric === 'storageQueriesPerRequest',
  );
  assert.equal(queries?.verdict, 'better');
  const aside = result.candidates.find(({ name }) => name === 'cache-aside');
  assert.ok(Math.abs((aside?.hitRatio.all ?? 0) - 0.9) < 1e-9);
  assert.ok(Math.abs((aside?.storageQueriesPerRequest ?? 0) - 0.4) < 1e-9);
});

test('of candidates that are not told apart, the one that allows fewer anomalies is recommended', () => {
  const text = renderTable(resultOf(experimentOf(usual)));
  assert.match(text, /Recommendation: versioned/);
  assert.match(text, /no difference is shown between/);
  assert.match(text, /cache-aside allows: stale-fill, lost-invalidation/);
  assert.match(text, /no entry of a memory tier expired/);
});

test('a loss is said as plainly as a win', () => {
  const result = resultOf(
    experimentOf({ ...usual, 'cache-aside': { medianMs: 8, queries: 0.4, memoryHits: 850 } }),
  );
  assert.equal(primaryOf(result, 'cache-aside')?.verdict, 'worse');
  assert.match(renderTable(result), /cache-aside against no-cache: p50 ▲ \+\d+\.\d % \[.*\]: worse/);
});

test('two of the same are equivalent, and nothing is recommended over the baseline', () => {
  const same = { medianMs: 4, queries: 1.4, memoryHits: 0 };
  const result = resultOf(experimentOf({ ...usual, 'cache-aside': same, versioned: same }));
  assert.equal(primaryOf(result, 'versioned')?.verdict, 'equivalent');
  assert.match(renderTable(result), /Recommendation: keep no-cache/);
});

test('what noise hides is inconclusive, says how many rounds it would take, and exits 11 when a verdict is required', () => {
  const experiment = experimentOf(usual, (block) =>
    block.candidate === 'cache-aside'
      ? { ...block, responseTimeUs: histogramAround(block.round % 2 === 0 ? 2 : 8, block.round, 9) }
      : block,
  );
  const result = resultOf(experiment, { requireVerdict: true });
  assert.equal(primaryOf(result, 'cache-aside')?.verdict, 'inconclusive');
  assert.ok((primaryOf(result, 'cache-aside')?.roundsNeeded ?? 0) > 7);
  assert.deepEqual([result.status, result.exitCode], ['inconclusive', 11]);
});

test('a baseline that differs from itself withholds every verdict', () => {
  const result = resultOf(
    experimentOf({ ...usual, 'no-cache′': { medianMs: 6, queries: 1.4, memoryHits: 0 } }),
  );
  assert.deepEqual([result.status, result.exitCode, result.control.passed], ['too-noisy', 31, false]);
  assert.ok(
    result.comparisons.every(({ verdict, withheldReason }) => verdict === null && withheldReason !== null),
  );
  assert.match(renderTable(result), /No recommendation: the baseline differs from itself/);
});

for (const [fault, exitCode] of [
  ['service', 20],
  ['generator', 30],
  ['machine', 31],
] as const) {
  test(`an experiment that the ${fault} spoils ends with ${exitCode} and no verdict`, () => {
    const experiment = experimentOf(usual, (block) =>
      block.round === 7 && block.slot === 2
        ? { ...block, status: 'invalid', findings: [finding(fault)] }
        : block,
    );
    const result = resultOf({ ...experiment, ended: fault === 'service' ? 'gave-up' : 'noisy' });
    assert.equal(result.exitCode, exitCode);
    assert.equal(primaryOf(result, 'versioned')?.verdict, null);
    assert.ok(result.notes.some((note) => /^(Not counted|Spoiled): round 7, try 1: a-guard in 1/.test(note)));
  });
}

test('of a noisy machine the figures are shown, marked, and prove nothing', () => {
  const experiment = experimentOf(usual, (block) => ({
    ...block,
    status: 'invalid',
    findings: [finding('machine')],
  }));
  const result = resultOf({ ...experiment, ended: 'noisy' });
  assert.equal(result.exitCode, 31);
  assert.ok((result.candidates[0]?.latencyMs.p50 ?? 0) > 0);
  assert.match(renderTable(result), /withheld/);
});

test('an invalid round is left out of the figures', () => {
  const experiment = experimentOf(usual, (block) =>
    block.round === 1 && block.slot === 1 ? { ...block, status: 'invalid' } : block,
  );
  const result = resultOf(experiment);
  assert.equal(result.candidates[0]?.requests, 6 * 600);
});

test('an interrupted run and a dead store keep what was finished', () => {
  assert.equal(resultOf({ ...experimentOf(usual), ended: 'interrupted' }).exitCode, 130);
  const failed = resultOf({ ...experimentOf(usual), ended: 'gave-up' }, { failure: 'PostgreSQL died' });
  assert.equal(failed.exitCode, 20);
  assert.ok(failed.notes[0]?.startsWith('PostgreSQL died'));
});

test('figures that could not be had are null, and n/a in the table', () => {
  const experiment = experimentOf(usual, (block) => ({
    ...block,
    cache: null,
    storageQueries: null,
    cpuUs: { service: null, postgres: null, redis: null, driver: null },
  }));
  const result = resultOf(experiment);
  assert.equal(result.candidates[1]?.hitRatio.all, null);
  assert.equal(result.candidates[1]?.cpuUsPerRequest.postgres, null);
  assert.match(renderTable(result), /n\/a \/ n\/a \/ n\/a/);
});

test('stale hits are hits, shown beside them, and work is told per request', () => {
  const experiment = experimentOf(usual, (block) =>
    block.candidate === 'cache-aside'
      ? {
          ...block,
          cache: {
            ...noReads,
            reads: 1000,
            memoryHits: 800,
            memoryStaleHits: 60,
            redisStaleHits: 40,
            loads: 100,
          },
          cacheWork: { ...noWork, refreshes: 75, loadCalls: 150 },
        }
      : block,
  );
  const result = resultOf(experiment);
  const aside = result.candidates.find(({ name }) => name === 'cache-aside');
  assert.deepEqual(aside?.hitRatio, { memory: 0.86, redis: 0.04, all: 0.9 });
  assert.equal(aside?.staleHitRatio, 0.1);
  assert.equal(aside?.cacheWorkPerRequest.refreshes, 0.1);
  assert.equal(aside?.cacheWorkPerRequest.evictions, 0);
  const block = result.blocks.find(({ candidate }) => candidate === 'cache-aside');
  assert.equal(block?.cache?.staleHits, 100);
  assert.equal(block?.cacheWork?.loadCalls, 150);
  assert.equal(result.candidates[0]?.staleHitRatio, 0);
});

test('a hit ratio that is not predicted is null, and a note says so', () => {
  const nothing = { memory: null, redis: null, all: null };
  const result = resultOf(experimentOf(usual), { expected: new Map([['versioned', nothing]]) });
  assert.ok(result.notes.some((note) => note.startsWith('Not predicted: the hit ratio of versioned;')));
});

test('p99 waits for ten thousand requests', () => {
  assert.equal(resultOf(experimentOf(usual)).candidates[0]?.latencyMs.p99, null);
});

test('progress says where a run is and how long it takes', () => {
  const block = blockOf('cache-aside', 3, 2, { medianMs: 2, queries: 0.4, memoryHits: 850 });
  assert.match(
    formatBlock(block, 7, 130),
    /^round 3\/7 {2}cache-aside: p50 2\.\d\d ms, hit 90 %, 600 requests, 2 min 10 s left$/,
  );
  assert.equal(formatDuration(59.6), '1 min 0 s');
  const spoiled = { ...block, status: 'invalid' as const, findings: [finding('machine')] };
  assert.equal(describeSpoiled([spoiled]), 'a-guard in 1 of its blocks; cache-aside: it went wrong');
});
