import { formatChange, unknown } from './change-text.ts';
import type { CandidateResult, CompareResult, ComparisonResult } from './compare-result.ts';
import { describeVerdicts, recommend } from './sentences.ts';

function ms(value: number | null): string {
  if (value === null) return unknown;
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

function percent(ratio: number | null): string {
  return ratio === null ? unknown : (ratio * 100).toFixed(0);
}

function hits({ hitRatio, config }: CandidateResult): string {
  if (config['tiers'] === 'none') return '– / – / 0';
  const tier = (name: string, value: number | null) =>
    String(config['tiers']).includes(name) ? percent(value) : '–';
  return [tier('memory', hitRatio.memory), tier('redis', hitRatio.redis), percent(hitRatio.all)].join(' / ');
}

function cpu({ cpuUsPerRequest }: CandidateResult): string {
  const { service, postgres, redis } = cpuUsPerRequest;
  return [service, postgres, redis].map((value) => (value === null ? unknown : value.toFixed(0))).join(' / ');
}

function primaryOf(result: CompareResult, name: string): ComparisonResult | undefined {
  return result.comparisons.find(({ candidate, role }) => candidate === name && role === 'primary');
}

function changeCell(result: CompareResult, { name, role }: CandidateResult): string {
  if (role === 'baseline') return 'baseline';
  if (role === 'control') return 'control (A/A′)';
  const comparison = primaryOf(result, name);
  return comparison === undefined ? unknown : formatChange(comparison);
}

function verdictCell(result: CompareResult, { name, role }: CandidateResult): string {
  if (role !== 'candidate') return '';
  const comparison = primaryOf(result, name);
  if (comparison === undefined) return 'no verdict';
  return comparison.verdict ?? 'withheld';
}

const columns: readonly {
  readonly title: string;
  readonly isLeft?: boolean;
  readonly cell: (result: CompareResult, candidate: CandidateResult) => string;
}[] = [
  { title: 'candidate', isLeft: true, cell: (_, { name }) => name },
  { title: 'p50', cell: (_, { latencyMs }) => ms(latencyMs.p50) },
  { title: 'p95', cell: (_, { latencyMs }) => ms(latencyMs.p95) },
  { title: 'p99', cell: (_, { latencyMs }) => ms(latencyMs.p99) },
  { title: 'change', isLeft: true, cell: changeCell },
  { title: 'hit % mem/redis/all', cell: (_, candidate) => hits(candidate) },
  {
    title: 'expected',
    cell: (_, { expectedHitRatio, config }) =>
      config['tiers'] === 'none' ? '0' : percent(expectedHitRatio.all),
  },
  { title: 'q/req', cell: (_, candidate) => candidate.storageQueriesPerRequest?.toFixed(2) ?? unknown },
  { title: 'CPU µs/req app/pg/redis', cell: (_, candidate) => cpu(candidate) },
  { title: 'verdict', isLeft: true, cell: verdictCell },
];

/** Rows of cells as lines of equal columns. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isLeft: (column: number) => boolean,
): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isLeft(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function headline({ manifest, control }: CompareResult): string {
  const floor =
    control.noiseFloorPct === null
      ? 'noise floor unknown'
      : `noise floor (A/A′) ±${control.noiseFloorPct.toFixed(1)} %`;
  return [
    `${manifest.primary} response time of ${manifest.scenario}`,
    `${manifest.rate.perSecond} requests/s, ${manifest.arrivals} arrivals`,
    `${manifest.order.length} of ${manifest.rounds} rounds of ${manifest.measureSeconds} s`,
    `${manifest.people} people, ${manifest.photos} photos`,
    `seed ${manifest.seed}`,
    floor,
  ].join(' · ');
}

/** The result as text for people. */
export function renderTable(result: CompareResult): string {
  const rows = [
    columns.map(({ title }) => title),
    ...result.candidates.map((candidate) => columns.map(({ cell }) => cell(result, candidate))),
  ];
  const table = alignColumns(rows, (column) => columns[column]?.isLeft === true);
  const sections = [[headline(result)], table, [recommend(result)], describeVerdicts(result), result.notes];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}
