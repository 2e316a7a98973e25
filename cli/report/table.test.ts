import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CandidateResult, CompareResult, ComparisonResult } from './compare-result.ts';
import { unknownHitRatios } from './measured-results.ts';
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

function comparisonOf(
  candidate: string,
  baseline: string,
  own: Partial<ComparisonResult> = {},
): ComparisonResult {
  return {
    ...{ candidate, baseline, metric: 'request', role: 'exploratory', scale: 'ratio' },
    ...{ changePct: -23.2, interval95: [-28.1, -18], df: 20, p: 0.001, pAdjusted: 0.002, marginPct: 5 },
    ...{ perRound: [-0.26, -0.27, -0.26], processSdPct: 1.2, processDf: 15, pairsLeftOut: 0 },
    ...{ verdict: 'slightly better', withheldReason: null, roundsNeeded: null, needsMoreStarts: false },
    ...own,
  } as ComparisonResult;
}

type Refused = CandidateResult['refusedShare'];

/** The same by the names of figures, of which tables are made. */
function figuresOf(own: Omit<CandidateResult, 'figures'>): CandidateResult['figures'] {
  const { latencyMs, hitRatio, refusedShare, cpuUsPerRequest } = own;
  return {
    ...latencyMs,
    memoryHitRatio: hitRatio.memory,
    redisHitRatio: hitRatio.redis,
    hitRatio: hitRatio.all,
    staleHitRatio: own.staleHitRatio,
    refusedReadShare: refusedShare.reads,
    refusedWriteShare: refusedShare.writes,
    refusedQueueShare: refusedShare.queue,
    storageQueriesPerRequest: own.storageQueriesPerRequest,
    ...own.cacheWorkPerRequest,
    serviceCpuUsPerRequest: cpuUsPerRequest.service,
    postgresCpuUsPerRequest: cpuUsPerRequest.postgres,
    redisCpuUsPerRequest: cpuUsPerRequest.redis,
  };
}

type Figures = Partial<Work> & {
  readonly hit?: number;
  readonly stale?: number;
  readonly refused?: Partial<Refused>;
};

function candidateOf(name: string, { hit = 0, stale = 0, refused = {}, ...work }: Figures): CandidateResult {
  const tiers = hit === 0 ? 'none' : 'memory+redis';
  const hitRatio = { ...unknownHitRatios, memory: hit - 0.03, redis: 0.03, all: hit };
  const own: Omit<CandidateResult, 'figures'> = {
    name,
    role: name === 'no-cache' ? 'baseline' : name === 'no-cache′' ? 'control' : 'candidate',
    config: { strategy: name, tiers },
    allows: [],
    layers: [],
    latencyMs: { p50: 2.38, p95: 12.9, p99: null, mean: 4.31 },
    hitRatio: hit === 0 ? { ...unknownHitRatios, all: 0 } : hitRatio,
    expectedHitRatio: { ...unknownHitRatios, all: stale === 0 ? 0.93 : null },
    staleHitRatio: stale,
    cacheWorkPerRequest: { ...idle, ...work },
    refusedShare: { reads: hit === 0 ? null : 0, writes: hit === 0 ? null : 0, queue: null, ...refused },
    storageQueriesPerRequest: 0.42,
    cpuUsPerRequest: { service: 966, postgres: 261, redis: 61, driver: 900 },
    idleCpuUsPerSecond: { service: 17_000, postgres: 300, redis: 200 },
    lifetimes: hit === 0 ? null : 1.4,
    requests: 4_200,
    errors: 0,
    pastEdge: 0,
    overloadedRounds: 0,
  };
  return { ...own, figures: figuresOf(own) };
}

function resultOf(figures: Readonly<Record<string, Figures>>): CompareResult {
  const candidates = Object.entries(figures).map(([name, own]) => candidateOf(name, own));
  const comparisons = candidates
    .filter(({ role }) => role === 'candidate')
    .map(({ name }) => comparisonOf(name, 'no-cache', { role: 'primary' }));
  const manifest = {
    ...{ primary: 'request', baseline: 'no-cache', scenario: 'feed-browsing', arrivals: 'poisson', seed: 1 },
    ...{ rate: { perSecond: 75, source: 'default' }, order: [[], [], []], rounds: 3, measureSeconds: 12 },
    ...{ people: 500, photos: 5_000, telemetry: 'metrics', pacing: 'together', parts: 1, profile: 'demo' },
  };
  return {
    ...{ manifest, candidates, comparisons, status: 'ok', withheldReason: null, rounds: [] },
    ...{ blocks: [], slowTraces: [], notes: [] },
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

test('what Redis refused has a column when it did, reads and writes apart, and the queue where there is one', () => {
  const refusing = { 'no-cache': {}, 'cache-aside': { hit: 0.9, refused: { writes: 0.123 } } };
  const table = renderTable(resultOf(refusing));
  assert.match(table, /expected +refused % read\/write +q\/req/);
  assert.match(table, /^cache-aside .* 0\.0 \/ 12\.3 /m);
  assert.match(table, /^no-cache .* – \/ – /m);
  const withQueue = resultOf({ ...refusing, 'write-behind': { hit: 0.9, refused: { queue: 1 } } });
  const lines = tablesOf(withQueue).slice(0, 2).flat();
  const queueing = lines.join('\n');
  assert.match(queueing, /refused % read\/write\/queue/);
  assert.match(queueing, / 0\.0 \/ 0\.0 \/ 100\.0 /);
  for (const line of lines) assert.ok(line.length <= columnsMax, line);
  assert.doesNotMatch(renderTable(resultOf(seven)), /refused/);
});

test('how well a system does what it is for has a table of its own, with those that it is held against', () => {
  const result = resultOf({ 'no-cache': {}, 'cache-aside': { hit: 0.9 }, 'no-cache′': {} });
  const counted = {
    ...{ countErrorAtOnce: 0.632, countErrorAtRest: 0, countLagSecondsP50: 2.25, countLagSecondsP99: 3 },
    ...{ addMsP50: 1.5, addMsP95: 4.25, addMsP99: null, getMsP50: 0.75, getMsP95: null, getMsP99: null },
  };
  const candidates = result.candidates.map((one) => ({ ...one, figures: { ...one.figures, ...counted } }));
  const lines = renderTable({ ...result, candidates }).split('\n');
  const from = lines.indexOf('Counts, as seen by a witness who knows what they should be:');
  const [title, ...rows] = lines.slice(from + 1, from + 5);
  assert.match(
    String(title),
    /error % at once\/at rest +lag s p50\/p99 +add p50\/p95 +get p50$/,
    'no column of what is not known',
  );
  assert.match(
    String(rows[1]),
    /^cache-aside +63\.2 \/ 0\.0 +2\.25 \/ 3\.00 +1\.50 ms \/ 4\.25 ms +0\.75 ms$/,
  );
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/)[0]),
    ['no-cache', 'cache-aside', 'no-cache′'],
  );
  assert.match(lines.join('\n'), /^Recommendation.*\nIt rests on the same-request change alone: /m);
  assert.doesNotMatch(renderTable(result), /as seen by a witness|It rests on/);
});

test('of a scenario that reads nothing cached, nothing is said of caches', () => {
  const result = resultOf({ 'no-cache': {}, 'cache-aside': { hit: 0.9 } });
  const candidates = result.candidates.map((one) => ({ ...one, allows: ['stale-fill'] }));
  const told = renderTable({ ...result, candidates });
  assert.match(told, /hit % .* expected /);
  assert.match(told, /cache-aside allows: stale-fill/);
  const counting = { ...result.manifest, scenario: 'counting' };
  const silent = renderTable({ ...result, candidates, manifest: counting });
  assert.doesNotMatch(silent, /hit %|expected|allows/);
  assert.match(silent, /q\/req/);
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

const two = (): CompareResult =>
  resultOf({ 'no-cache': {}, 'cache-aside': { hit: 0.9 }, versioned: { hit: 0.9 }, 'no-cache′': {} });

/** The same result with other comparisons. */
const withComparisons = (
  comparisons: readonly ComparisonResult[],
  manifest: Partial<CompareResult['manifest']> = {},
): string => {
  const result = two();
  return renderTable({
    ...result,
    comparisons: [...comparisons],
    manifest: { ...result.manifest, ...manifest },
  });
};

test('the headline says what was measured, at which rate, and how much identical worlds differed', () => {
  assert.equal(
    renderTable(two()).split('\n\n')[0]?.replaceAll('\n', ' · '),
    'same-request change of feed-browsing · 75 requests/s per candidate, together · poisson arrivals · 3 rounds of 12 s · 500 people, 5000 photos · seed 1 · noise floor (A/A′) ±9.9 %',
  );
  const { manifest, ...rest } = two();
  const turns = { ...manifest, pacing: 'turns' as const, primary: 'p95' as const, rounds: 7, parts: 3 };
  const [headline = ''] = renderTable({ ...rest, manifest: turns }).split('\n\n');
  assert.match(headline, /^p95 response time of feed-browsing · 75 requests\/s per candidate, in turns/);
  assert.match(headline, /3 of 7 rounds of 12 s, 3 starts/);
});

test('the mean stands beside the quantiles', () => {
  const [response = []] = tablesOf(two());
  assert.match(String(response[0]), /^candidate +p50 +p95 +p99 +mean +change +verdict$/);
  assert.match(String(response[1]), /^no-cache +2\.38 ms +12\.9 ms +n\/a +4\.31 ms +baseline$/);
});

test('a verdict says in words what its figure is, with the other response times beside it', () => {
  const own = (more: Partial<ComparisonResult>) => comparisonOf('cache-aside', 'no-cache', more);
  const primary = { role: 'primary', verdict: 'better' } as const;
  const text = withComparisons([
    own(primary),
    own({ metric: 'p50', changePct: -20, interval95: [-25, -15] }),
    own({ metric: 'mean', changePct: 3, interval95: [-4, 10] }),
  ]);
  assert.match(
    text,
    /^cache-aside: the same request takes 23\.2 % less time than with no-cache \[-28\.1, -18\.0\]: better, by more than the 5 % that matter\.\n {2}p50 ▼ -20\.0 % \[-25\.0, -15\.0\]; p95 n\/a; mean ▲ \+3\.0 % \[-4\.0, \+10\.0\]\.$/m,
  );
  const tail = withComparisons([own({ ...primary, metric: 'p95', verdict: 'worse', changePct: 340 })], {
    primary: 'p95',
  });
  assert.match(tail, /^cache-aside: its p95 response time is 340 % higher than that of no-cache /m);
  const same = withComparisons([own({ ...primary, verdict: 'equivalent', changePct: 0.01 })]);
  assert.match(same, /takes as long as with no-cache \[.*\]: equivalent within ±5 %\./);
});

test('what is not told apart says what it would take: rounds, or starts where rounds would not do', () => {
  const open = (more: Partial<ComparisonResult>, manifest = {}) =>
    withComparisons(
      [comparisonOf('cache-aside', 'no-cache', { role: 'primary', verdict: 'inconclusive', ...more })],
      manifest,
    );
  assert.match(
    open({ roundsNeeded: 12 }),
    /no difference shown; telling ±5 % would take about 9 more rounds \(--rounds 12\)\./,
  );
  assert.match(open({ roundsNeeded: 2 }), /about 1 more round \(/);
  const starts = /no difference shown; only further starts would narrow it/;
  assert.match(open({ needsMoreStarts: true }), new RegExp(`${starts.source} \\(--profile standard\\)`));
  assert.match(
    open({ needsMoreStarts: true }, { profile: 'standard' }),
    new RegExp(`${starts.source} \\(--profile thorough\\)`),
  );
  assert.match(open({ needsMoreStarts: true }, { profile: 'thorough' }), new RegExp(`${starts.source}\\.`));
});

test('a tie is what the comparison of the two says, not that their intervals overlap', () => {
  const against = (candidate: string, changePct: number) =>
    comparisonOf(candidate, 'no-cache', { role: 'primary', verdict: 'better', changePct });
  const both = [against('cache-aside', -24), against('versioned', -23)];
  const pair = (verdict: string) => comparisonOf('versioned', 'cache-aside', { verdict });
  assert.match(
    withComparisons([...both, pair('slightly worse')]),
    /Recommendation: cache-aside; the same request takes 24\.0 % less time than with no-cache \[.*\]\.\n/,
  );
  for (const verdict of ['equivalent', 'inconclusive']) {
    assert.match(
      withComparisons([...both, pair(verdict)]),
      /No difference is shown between cache-aside, versioned; cache-aside allows the fewest anomalies\./,
    );
  }
});

test('of candidates that are tied, the one that allows fewer anomalies is recommended', () => {
  const result = two();
  const allowing = result.candidates.map((candidate) => ({
    ...candidate,
    allows: candidate.name === 'cache-aside' ? ['stale-fill', 'lost-invalidation'] : [],
  }));
  const text = renderTable({ ...result, candidates: allowing });
  assert.match(text, /Recommendation: versioned;/);
  assert.match(text, /cache-aside allows: stale-fill, lost-invalidation/);
});
