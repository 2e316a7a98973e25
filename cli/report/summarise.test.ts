import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import type { BlockRecord } from '../experiment/records.ts';
import type { CompareResult } from './compare-result.ts';
import {
  inventBlock,
  inventCounts,
  inventPlan,
  inventResult,
  inventTogether,
  usual,
} from '../../tests/support/invented-experiment.ts';
import type { Changes, Shape } from '../../tests/support/invented-experiment.ts';
import { schemaFile, schemaText } from './result-schema.ts';
import type { SummaryInput } from './summarise.ts';
import { renderTable } from './table.ts';

const plan = inventPlan('together');

const resultOf = (
  shapes: Readonly<Record<string, Shape>>,
  changes: Changes = {},
  more: Partial<SummaryInput> = {},
): CompareResult => inventResult(plan, inventTogether(shapes, changes), more);

const candidateOf = (result: CompareResult, label: string) =>
  result.candidates.find(({ name }) => name === label);

/** Changes the blocks of one candidate. */
const blocksOf =
  (label: string, change: Partial<BlockRecord>) =>
  (block: BlockRecord): BlockRecord =>
    block.candidate === label ? { ...block, ...change } : block;

test('the kept schema is the one of the code, and results fit it, of any length', () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), schemaText(), 'run: npm run schema');
  const validate = new Ajv({ strict: false }).compile(JSON.parse(schemaText()) as object);
  for (const rounds of [0, 1, 9]) {
    const result: unknown = JSON.parse(JSON.stringify(resultOf(usual, { rounds })));
    assert.ok(validate(result), JSON.stringify(validate.errors));
    assert.equal(validate({ ...(result as object), schemaVersion: 2 }), false);
  }
});

test('figures of a candidate are of all its rounds', () => {
  const result = resultOf(usual);
  const aside = candidateOf(result, 'cache-aside');
  assert.ok(Math.abs((aside?.latencyMs.p50 ?? 0) - 2) < 0.1, String(aside?.latencyMs.p50));
  assert.ok(Math.abs((aside?.latencyMs.mean ?? 0) - 2) < 0.1, String(aside?.latencyMs.mean));
  assert.ok(Math.abs((aside?.hitRatio.all ?? 0) - 0.9) < 1e-9);
  assert.ok(Math.abs((aside?.storageQueriesPerRequest ?? 0) - 0.4) < 1e-9);
  assert.deepEqual([aside?.requests, aside?.errors], [9 * 900, 0]);
  assert.equal(result.rounds.length, 9);
  assert.equal(result.rounds[0]?.driverCpuUs, 3_600_000);
});

test('the mean of several blocks weighs them by their requests', () => {
  const short = { ...usual['versioned'], medianMs: 8 } as Shape;
  const result = resultOf(usual, {
    rounds: 2,
    block: (block) => {
      if (block.candidate !== 'versioned') return block;
      const { responseTimeUs } = inventBlock('versioned', block.round, 1, short);
      // A block with no answers has no mean, and takes nothing from the others.
      return block.round === 1
        ? { ...block, meanUs: null, responseTimeUs: null }
        : { ...block, meanUs: 3_000, responseTimeUs };
    },
  });
  assert.equal(candidateOf(result, 'versioned')?.latencyMs.mean, 3);
});

test('a block as others read it has a mean, its pairs, and no count of drops together', () => {
  const [block] = resultOf(usual).blocks;
  assert.equal(block?.dropped, null);
  assert.equal(block?.slot, 0);
  assert.equal(block?.paired?.requests, 898);
  assert.ok((block?.latencyMs.mean ?? 0) > 3.8);
});

test('idle CPU is the mean over the starts, and null where one of them could not tell', () => {
  const idle = (part: number, service: number | null) => ({
    ...{ candidate: 'versioned', part, service, postgres: 200 * part, redis: null },
  });
  const of = (idleCpu: ReturnType<typeof idle>[]) =>
    candidateOf(resultOf(usual, { experiment: { idleCpu } }), 'versioned')?.idleCpuUsPerSecond;
  assert.deepEqual(of([idle(1, 10_000), idle(2, 20_000)]), { service: 15_000, postgres: 300, redis: null });
  assert.equal(of([idle(1, 10_000), idle(2, null)])?.service, null);
  assert.equal(of([])?.service, null);
});

test('who caches nothing has no lifetimes of entries', () => {
  const result = resultOf(usual);
  assert.equal(candidateOf(result, 'no-cache')?.lifetimes, null);
  assert.equal(candidateOf(result, 'versioned')?.lifetimes, 1.4);
  const unknown = resultOf(usual, {}, { livedSeconds: null });
  assert.equal(candidateOf(unknown, 'versioned')?.lifetimes, null);
});

test('figures that could not be had are null, and n/a in the table', () => {
  const result = resultOf(usual, {
    block: (block) => ({
      ...block,
      counts: null,
      cpuUs: { service: null, postgres: null, redis: null, driver: null },
    }),
  });
  assert.equal(result.candidates[1]?.hitRatio.all, null);
  assert.equal(result.candidates[1]?.cpuUsPerRequest.postgres, null);
  assert.match(renderTable(result), /n\/a \/ n\/a \/ n\/a/);
});

test('stale hits are hits, shown beside them, and work is told per request', () => {
  const reads = { memoryHits: 800, memoryStaleHits: 60, redisStaleHits: 40, loads: 100 };
  const result = resultOf(usual, {
    block: blocksOf('cache-aside', {
      counts: inventCounts({ reads: { reads: 1000, ...reads }, work: { refreshes: 75, loadCalls: 150 } }),
    }),
  });
  const aside = candidateOf(result, 'cache-aside');
  assert.deepEqual(aside?.hitRatio, { memory: 0.86, redis: 0.04, all: 0.9 });
  assert.equal(aside?.staleHitRatio, 0.1);
  assert.equal(aside?.cacheWorkPerRequest.refreshes, 0.075);
  assert.equal(aside?.cacheWorkPerRequest.evictions, 0);
  const block = result.blocks.find(({ candidate }) => candidate === 'cache-aside');
  assert.equal(block?.cache?.staleHits, 100);
  assert.equal(block?.cacheWork?.loadCalls, 150);
  assert.equal(result.candidates[0]?.staleHitRatio, 0);
});

test('p99 waits for ten thousand requests', () => {
  assert.equal(resultOf(usual).candidates[0]?.latencyMs.p99, null);
  assert.ok((resultOf(usual, { rounds: 12 }).candidates[0]?.latencyMs.p99 ?? 0) > 4);
});

test('a quantile is withheld where too many arrivals were dropped for it, the others are told', () => {
  // 0.5 % of the arrivals: more than (1 − 0.99) / 5, less than (1 − 0.95) / 5.
  const some = resultOf(usual, { rounds: 12, round: (round) => ({ ...round, dropped: 18 }) });
  const { p50, p95, p99 } = some.candidates[0]?.latencyMs ?? {};
  assert.equal(p99, null);
  assert.ok((p95 ?? 0) > 0 && (p50 ?? 0) > 0);
  const more = resultOf(usual, { rounds: 12, round: (round) => ({ ...round, dropped: 72 }) });
  assert.equal(more.candidates[0]?.latencyMs.p95, null);
  assert.equal(more.blocks[0]?.latencyMs.p95, null);
  assert.ok((more.candidates[0]?.latencyMs.p50 ?? 0) > 0);
  assert.ok(!more.comparisons.some(({ metric }) => metric === 'p95'));
});

test('an experiment without a round has a table that says so', () => {
  const result = resultOf(usual, { rounds: 0, experiment: { ended: 'interrupted', stoppedBecause: null } });
  assert.deepEqual([result.status, result.exitCode], ['interrupted', 130]);
  assert.deepEqual(result.comparisons, []);
  const text = renderTable(result);
  assert.match(text, /nothing was measured: the run was interrupted/);
  assert.match(text, /^cache-aside +n\/a/m);
  assert.doesNotMatch(text, /Per 1,000|against|Verdict/);
});
