import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CandidateResult, CompareResult } from './compare-result.ts';
import { renderTable } from './table.ts';
import { columnsMax, wrapWords } from './text-columns.ts';

type Work = CandidateResult['cacheWorkPerRequest'];

const idle: Work = {
  loads: 0,
  joinedLoads: 0,
  loadCalls: 0,
  refreshes: 0,
  rejectedFills: 0,
  leaseWaits: 0,
  invalidationsSent: 0,
  invalidationsReceived: 0,
  invalidationsFailed: 0,
  evictions: 0,
};

type Figures = Partial<Work> & { readonly hit?: number; readonly stale?: number };

function candidateOf(name: string, { hit = 0, stale = 0, ...work }: Figures): CandidateResult {
  const tiers = hit === 0 ? 'none' : 'memory+redis';
  const hitRatio = { memory: hit - 0.03, redis: 0.03, all: hit };
  return {
    name,
    role: name === 'no-cache' ? 'baseline' : name === 'no-cache′' ? 'control' : 'candidate',
    config: { strategy: name, tiers },
    allows: [],
    latencyMs: { p50: 2.38, p95: 12.9, p99: null },
    hitRatio: hit === 0 ? { memory: null, redis: null, all: 0 } : hitRatio,
    expectedHitRatio: { memory: null, redis: null, all: stale === 0 ? 0.93 : null },
    staleHitRatio: stale,
    cacheWorkPerRequest: { ...idle, ...work },
    storageQueriesPerRequest: 0.42,
    cpuUsPerRequest: { service: 966, postgres: 261, redis: 61, driver: 900 },
    requests: 4_200,
    errors: 0,
  };
}

function resultOf(figures: Readonly<Record<string, Figures>>): CompareResult {
  const candidates = Object.entries(figures).map(([name, own]) => candidateOf(name, own));
  const comparisons = candidates
    .filter(({ role }) => role === 'candidate')
    .map(({ name }) => ({
      candidate: name,
      baseline: 'no-cache',
      metric: 'p50',
      role: 'primary',
      changePct: -23.2,
      interval95: [-28.1, -18],
      verdict: 'slightly better',
      marginPct: 5,
      withheldReason: null,
      roundsNeeded: null,
    }));
  const manifest = {
    ...{ primary: 'p50', baseline: 'no-cache', scenario: 'feed-browsing', arrivals: 'poisson', seed: 1 },
    ...{ rate: { perSecond: 150, source: 'default' }, order: [[], [], []], rounds: 7, measureSeconds: 4 },
    ...{ people: 500, photos: 5_000, telemetry: 'metrics' },
  };
  return {
    ...{ manifest, candidates, comparisons, status: 'ok', blocks: [], slowTraces: [], notes: [] },
    control: { interval95: [-9.9, 9.9], noiseFloorPct: 9.9, passed: true },
  } as unknown as CompareResult;
}

const bus = { invalidationsSent: 0.12, invalidationsReceived: 0.12 };
/** What strategies of the same latency do differently. */
const seven: Readonly<Record<string, Figures>> = {
  'no-cache': {},
  'cache-aside': { ...bus, hit: 0.93, loads: 0.41, loadCalls: 0.38 },
  'read-through': { ...bus, hit: 0.93, loads: 0.4, joinedLoads: 0.012, loadCalls: 0.37 },
  'write-through': { ...bus, hit: 0.95, loads: 0.31, joinedLoads: 0.011, loadCalls: 0.44 },
  'stale-while-revalidate': { ...bus, hit: 0.96, stale: 0.034, loads: 0.2, refreshes: 0.18, loadCalls: 0.37 },
  versioned: { ...bus, hit: 0.93, loads: 0.4, joinedLoads: 0.012, loadCalls: 0.37, rejectedFills: 0.0007 },
  lease: { ...bus, hit: 0.93, loads: 0.38, joinedLoads: 0.03, loadCalls: 0.36, leaseWaits: 0.018 },
  'no-cache′': {},
};

/** The tables of a result, each as its lines. */
const tablesOf = (result: CompareResult): string[][] =>
  renderTable(result)
    .split('\n\n')
    .slice(1, 4)
    .map((section) => section.trimEnd().split('\n'));

test('seven candidates are told apart by what their caches did, in tables that fit', () => {
  const tables = tablesOf(resultOf(seven));
  for (const line of tables.flat()) assert.ok(line.length <= columnsMax, line);
  const [title, header, ...rows] = tables[2] ?? [];
  assert.equal(title, 'Per 1,000 requests the caches did:');
  assert.match(
    String(header),
    /loads +joined +load calls +refreshes +rejected +lease waits +inv\. sent\/got$/,
  );
  assert.equal(rows.length, 6, 'who caches nothing did nothing');
  const figures = rows.map((row) => row.replace(/^\S+/, ''));
  assert.equal(new Set(figures).size, rows.length);
  assert.match(String(rows[4]), /^versioned .* 0\.7 /);
});

test('stale hits and work have columns only when there are any', () => {
  assert.match(renderTable(resultOf(seven)), /stale hit %.*\n(.*\n){4}stale-while-revalidate .* 3\.4 /);
  const plain = renderTable(resultOf({ 'no-cache': {}, 'cache-aside': { hit: 0.9, loads: 0.4 } }));
  assert.doesNotMatch(plain, /stale hit|refreshes|lease waits|inv\. sent/);
  assert.doesNotMatch(renderTable(resultOf({ 'no-cache': {}, 'no-cache′': {} })), /Per 1,000/);
});

test('a hit ratio that is not predicted is a dash', () => {
  assert.match(renderTable(resultOf(seven)), /^stale-while-revalidate .*\/ 96 +– /m);
});

test('a name without room stands above its row, and the columns stay where they are', () => {
  const long = 'stale-while-revalidate:tiers=memory,ttl=5s,stale=10s';
  const tables = tablesOf(resultOf({ ...seven, [long]: { hit: 0.9, stale: 0.1, loads: 0.4 } }));
  for (const table of tables) {
    for (const line of table) assert.ok(line.length <= columnsMax, line);
    const at = table.indexOf(long);
    if (at < 0) continue;
    assert.match(String(table[at + 1]), /^ +\d/);
  }
  const [response = []] = tables;
  const [own, other] = [
    response[response.indexOf(long) + 1],
    response.find((line) => line.startsWith('lease ')),
  ];
  assert.equal(own?.indexOf('▼'), other?.indexOf('▼'));
});

test('with hardly any room beside them, all names stand above their rows', () => {
  const busy = {
    ...seven['lease'],
    invalidationsFailed: 0.1,
    evictions: 0.2,
    rejectedFills: 0.001,
    refreshes: 0.1,
  };
  const [, , work = []] = tablesOf(resultOf({ ...seven, lease: busy }));
  for (const line of work) assert.ok(line.length <= columnsMax, line);
  assert.ok(work.includes('lease') && work.includes('versioned'), work.join('\n'));
});

test('words are wrapped, and one that is too long has a line of its own', () => {
  assert.deepEqual(wrapWords('one two incomprehensibilities three', 9), [
    'one two',
    'incomprehensibilities',
    'three',
  ]);
});

test('the slowest traced requests of each candidate are named with their rounds and the way to them', () => {
  const result = resultOf({ 'no-cache': {}, 'cache-aside': { hit: 0.9, loads: 0.4 }, 'no-cache′': {} });
  assert.doesNotMatch(renderTable(result), /traced/, 'the modes without spans say nothing of them');
  const trace = (candidate: string, round: number, durationMs: number, digit: string) => ({
    candidate,
    round,
    traceId: digit.repeat(32),
    name: 'GET /photos/:photoId/comments',
    durationMs,
  });
  const slowTraces = [
    trace('no-cache', 2, 123.4, 'a'),
    trace('no-cache', 1, 30.12, 'b'),
    trace('no-cache', 3, 29, 'c'),
    trace('cache-aside', 3, 8, 'd'),
    trace('no-cache′', 1, 99, 'e'),
  ];
  const traced = { ...result, manifest: { ...result.manifest, telemetry: 'trace1' as const } };
  const [, section = ''] = renderTable({ ...traced, slowTraces }).split('Slowest traced requests:\n');
  assert.deepEqual(section.trimEnd().split('\n'), [
    'no-cache     round 2   123 ms  GET /photos/:photoId/comments  darkroom trace aaaaaaaaaaaaaaaa',
    'no-cache     round 1  30.1 ms  GET /photos/:photoId/comments  darkroom trace bbbbbbbbbbbbbbbb',
    'cache-aside  round 3  8.00 ms  GET /photos/:photoId/comments  darkroom trace dddddddddddddddd',
  ]);
  for (const line of section.split('\n')) assert.ok(line.length <= columnsMax, line);
  assert.match(renderTable(traced), /Slowest traced requests: none was traced in a finished round\./);
});
