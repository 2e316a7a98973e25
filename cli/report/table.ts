import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import { formatChange, unknown } from './change-text.ts';
import type { CandidateResult, CompareResult, ComparisonResult } from './compare-result.ts';
import { headlineOf } from './headline.ts';
import { recommend } from './recommendation.ts';
import { describeVerdicts } from './sentences.ts';
import { columnsMax, foldColumns, wrapParts } from './text-columns.ts';

function ms(value: number | null): string {
  if (value === null) return unknown;
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

function percent(ratio: number | null, digits = 0): string {
  return ratio === null ? unknown : (ratio * 100).toFixed(digits);
}

function hits({ hitRatio, config }: CandidateResult): string {
  if (config['tiers'] === 'none') return '– / – / 0';
  const tier = (name: string, value: number | null) =>
    String(config['tiers']).includes(name) ? percent(value) : '–';
  return [tier('memory', hitRatio.memory), tier('redis', hitRatio.redis), percent(hitRatio.all)].join(' / ');
}

function expected({ expectedHitRatio, config }: CandidateResult): string {
  if (config['tiers'] === 'none') return '0';
  return expectedHitRatio.all === null ? '–' : percent(expectedHitRatio.all);
}

function cpu({ cpuUsPerRequest }: CandidateResult): string {
  const { service, postgres, redis } = cpuUsPerRequest;
  return [service, postgres, redis].map((value) => (value === null ? unknown : value.toFixed(0))).join(' / ');
}

function primaryOf(result: CompareResult, label: string): ComparisonResult | undefined {
  return result.comparisons.find(({ candidate, role }) => candidate === label && role === 'primary');
}

function changeCell({ name: candidate, role }: CandidateResult, result: CompareResult): string {
  if (role === 'baseline') return 'baseline';
  if (role === 'control') return 'control (A/A′)';
  const comparison = primaryOf(result, candidate);
  return comparison === undefined ? unknown : formatChange(comparison);
}

function verdictCell({ name: candidate, role }: CandidateResult, result: CompareResult): string {
  if (role !== 'candidate') return '';
  const comparison = primaryOf(result, candidate);
  if (comparison === undefined) return 'no verdict';
  return comparison.verdict ?? 'withheld';
}

type Column = {
  readonly title: string;
  readonly isLeft?: boolean;
  readonly cell: (candidate: CandidateResult, result: CompareResult) => string;
};

const name: Column = { title: 'candidate', isLeft: true, cell: (candidate) => candidate.name };

/** How fast it was, and whether that is a difference. */
const responseColumns: readonly Column[] = [
  name,
  { title: 'p50', cell: ({ latencyMs }) => ms(latencyMs.p50) },
  { title: 'p95', cell: ({ latencyMs }) => ms(latencyMs.p95) },
  { title: 'p99', cell: ({ latencyMs }) => ms(latencyMs.p99) },
  { title: 'mean', cell: ({ latencyMs }) => ms(latencyMs.mean) },
  { title: 'change', isLeft: true, cell: changeCell },
  { title: 'verdict', isLeft: true, cell: verdictCell },
];

const staleColumn: Column = { title: 'stale hit %', cell: ({ staleHitRatio }) => percent(staleHitRatio, 1) };

type Refused = CandidateResult['refusedShare'];

/** Shares of what was asked of the Redis, those of the queue only where there is one; a dash for what nobody asked. */
function refusedColumn(duties: readonly (keyof Refused)[]): Column {
  return {
    title: `refused % ${duties.map((duty) => duty.replace(/s$/, '')).join('/')}`,
    cell: ({ refusedShare }) =>
      duties.map((duty) => (refusedShare[duty] === null ? '–' : percent(refusedShare[duty], 1))).join(' / '),
  };
}

function refusedColumns(candidates: readonly CandidateResult[]): Column[] {
  const duties = (['reads', 'writes', 'queue'] as const).filter(
    (duty) => duty !== 'queue' || candidates.some(({ refusedShare }) => refusedShare.queue !== null),
  );
  const hasRefusals = candidates.some(({ refusedShare }) =>
    duties.some((duty) => (refusedShare[duty] ?? 0) > 0),
  );
  return hasRefusals ? [refusedColumn(duties)] : [];
}

/** What it spared and what it cost. */
function costColumns({ candidates }: CompareResult): readonly Column[] {
  const hasStaleHits = candidates.some(({ staleHitRatio }) => (staleHitRatio ?? 0) > 0);
  return [
    name,
    { title: 'hit % mem/redis/all', cell: hits },
    { title: 'expected', cell: expected },
    ...(hasStaleHits ? [staleColumn] : []),
    ...refusedColumns(candidates),
    {
      title: 'q/req',
      cell: ({ storageQueriesPerRequest }) => storageQueriesPerRequest?.toFixed(2) ?? unknown,
    },
    { title: 'CPU µs/req app/pg/redis', cell: cpu },
  ];
}

type Work = CandidateResult['cacheWorkPerRequest'];

/** Kinds of work with the figures of each; a column shows them with slashes between. */
const workKinds: readonly (readonly [string, ...(keyof Work)[]])[] = [
  ['loads', 'loads'],
  ['joined', 'joinedLoads'],
  ['load calls', 'loadCalls'],
  ['refreshes', 'refreshes'],
  ['rejected', 'rejectedFills'],
  ['lease waits', 'leaseWaits'],
  ['inv. sent/got', 'invalidationsSent', 'invalidationsReceived'],
  ['inv. failed', 'invalidationsFailed'],
  ['evicted', 'evictions'],
];

function perThousand(value: number | null): string {
  if (value === null) return unknown;
  const thousand = value * 1_000;
  return thousand === 0 ? '0' : thousand.toFixed(thousand < 10 ? 1 : 0);
}

/** What the caches did, of that only what one of them did: it tells apart what the same latency hides. */
function renderWork(result: CompareResult): string[] {
  const candidates = result.candidates.filter(
    ({ config, role, requests }) => config['tiers'] !== 'none' && role !== 'control' && requests > 0,
  );
  const shown = workKinds.filter(([, ...figures]) =>
    candidates.some(({ cacheWorkPerRequest: work }) => figures.some((figure) => work[figure] !== 0)),
  );
  if (candidates.length === 0 || shown.length === 0) return [];
  const columns = shown.map(([title, ...figures]): Column => ({
    title,
    cell: ({ cacheWorkPerRequest: work }) => figures.map((figure) => perThousand(work[figure])).join(' / '),
  }));
  return ['Per 1,000 requests the caches did:', ...render(result, [name, ...columns], candidates)];
}

function render(
  result: CompareResult,
  columns: readonly Column[],
  candidates: readonly CandidateResult[] = result.candidates,
): string[] {
  const rows = [
    columns.map(({ title }) => title),
    ...candidates.map((candidate) => columns.map(({ cell }) => cell(candidate, result))),
  ];
  return foldColumns(rows, (column) => columns[column]?.isLeft === true);
}

const tracesShownMax = 2;

/** The way into the slowest traced requests of each candidate. */
function describeTraces({ slowTraces, candidates, manifest }: CompareResult): string[] {
  if (telemetryModes[manifest.telemetry].traces === 'none') return [];
  const shown = candidates.filter(({ role }) => role !== 'control');
  const rows = shown.flatMap((candidate) =>
    slowTraces
      .filter((trace) => trace.candidate === candidate.name)
      .slice(0, tracesShownMax)
      .map(({ round, durationMs, name: request, traceId }) => [
        candidate.name,
        `round ${round}`,
        ms(durationMs),
        request,
        `darkroom trace ${traceId.slice(0, 16)}`,
      ]),
  );
  if (rows.length === 0) return ['Slowest traced requests: none was traced in a finished round.'];
  return ['Slowest traced requests:', ...foldColumns(rows, (column) => column !== 2)];
}

/** The result as text for people: three tables that have room in a terminal, then sentences. */
export function renderTable(result: CompareResult): string {
  const sections = [
    wrapParts(headlineOf(result), ' · ', columnsMax),
    render(result, responseColumns),
    render(result, costColumns(result)),
    renderWork(result),
    [recommend(result)],
    describeVerdicts(result),
    describeTraces(result),
    result.notes,
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}
