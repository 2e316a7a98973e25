import { telemetryModes } from '../../app/contract/telemetry-modes.ts';
import type { SystemDefinition } from '../../app/contract/system.ts';
import { systems } from '../../app/systems.ts';
import { milliseconds, percent } from '../../app/contract/figure-text.ts';
import { usesSystem } from '../figures/asked-systems.ts';
import { asksCaches } from './asks-caches.ts';
import { formatChange, nameMetric, unknown } from './change-text.ts';
import { figureColumns } from './figure-columns.ts';
import type { Column } from './figure-columns.ts';
import type { CandidateResult, CompareResult, ComparisonResult } from './compare-result.ts';
import { headlineOf } from './headline.ts';
import { renderLayers } from './layers-table.ts';
import { recommend } from './recommendation.ts';
import { describeVerdicts } from './sentences.ts';
import { columnsMax, foldColumns, wrapParts } from './text-columns.ts';

function primaryOf(result: CompareResult, label: string): ComparisonResult | undefined {
  return result.comparisons.find(({ candidate, role }) => candidate === label && role === 'primary');
}

function changeCell({ name: candidate, role }: CandidateResult, result: CompareResult): string {
  if (role === 'baseline') return 'baseline';
  if (role === 'control') return 'control (A/A′)';
  const comparison = primaryOf(result, candidate);
  return comparison === undefined ? unknown : formatChange(comparison);
}

function verdictCell(
  { name: candidate, role, overloadedRounds }: CandidateResult,
  result: CompareResult,
): string {
  if (overloadedRounds > 0) return 'overloaded';
  if (role !== 'candidate') return '';
  const comparison = primaryOf(result, candidate);
  if (comparison === undefined) return 'no verdict';
  return comparison.verdict ?? 'withheld';
}

const name: Column = { title: 'candidate', isLeft: true, cell: (candidate) => candidate.name };

/** How fast it was, and whether that is a difference. */
function responseColumns({ candidates }: CompareResult): Column[] {
  return [
    name,
    ...figureColumns('responses', candidates),
    { title: 'change', isLeft: true, cell: changeCell },
    { title: 'verdict', isLeft: true, cell: verdictCell },
  ];
}

/** What a replay of the requests against ideal caches predicts; it stands beside the hit ratio that it is of. */
const expectedHits: Column = {
  title: 'expected',
  cell: ({ expectedHitRatio, config }) => {
    if (config['tiers'] === 'none') return '0';
    return expectedHitRatio.all === null ? '–' : percent(0)(expectedHitRatio.all);
  },
};

/** What it spared and what it cost. */
function costColumns({ candidates, manifest }: CompareResult): Column[] {
  const hits = (column: Column): Column[] => (asksCaches(manifest.scenario) ? [column, expectedHits] : []);
  return [
    name,
    ...figureColumns('costs', candidates).flatMap((column) =>
      column.figures.includes('hitRatio') ? hits(column) : [column],
    ),
  ];
}

/**
 * How well systems do what they are for. Candidates that do not ask for a system are shown, too: the others
 * are compared with them.
 */
function renderQuality(result: CompareResult): string[][] {
  return Object.values<SystemDefinition>(systems).map((system) => {
    const columns = figureColumns('quality', result.candidates, system.name);
    const isKnown = columns
      .flatMap(({ figures }) => figures)
      .some((figure) => result.candidates.some(({ figures }) => typeof figures[figure] === 'number'));
    if (!isKnown) return [];
    return [system.qualityHeading ?? `How well ${system.name} did:`, ...render(result, [name, ...columns])];
  });
}

/** What a recommendation does not know of. */
function remindOfQuality({ manifest }: CompareResult, isTold: boolean): string[] {
  if (!isTold) return [];
  return [
    `It rests on the ${nameMetric(manifest.primary)} alone: what each is worth beside that, the tables say.`,
  ];
}

/** What systems did beside answering, of that only what one of them did: it tells apart what the same latency hides. */
function renderWork(result: CompareResult): string[][] {
  return Object.values<SystemDefinition>(systems).map((system) => {
    const candidates = result.candidates.filter(
      (candidate) =>
        usesSystem(system, candidate.config) && candidate.role !== 'control' && candidate.requests > 0,
    );
    const columns = figureColumns('work', candidates, system.name);
    if (candidates.length === 0 || columns.length === 0) return [];
    return [
      system.workHeading ?? `What ${system.name} did:`,
      ...render(result, [name, ...columns], candidates),
    ];
  });
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
        milliseconds(durationMs),
        request,
        `darkroom trace ${traceId.slice(0, 16)}`,
      ]),
  );
  if (rows.length === 0) return ['Slowest traced requests: none was traced in a finished round.'];
  return ['Slowest traced requests:', ...foldColumns(rows, (column) => column !== 2)];
}

/** The result as text for people: tables that have room in a terminal, then sentences. */
export function renderTable(result: CompareResult): string {
  const quality = renderQuality(result);
  const sections = [
    wrapParts(headlineOf(result), ' · ', columnsMax),
    render(result, responseColumns(result)),
    render(result, costColumns(result)),
    renderLayers(result),
    ...quality,
    ...renderWork(result),
    [
      recommend(result),
      ...remindOfQuality(
        result,
        quality.some((lines) => lines.length > 0),
      ),
    ],
    describeVerdicts(result),
    describeTraces(result),
    result.notes,
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}
