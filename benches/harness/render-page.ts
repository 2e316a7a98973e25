import type { Metric, Target } from './bench.ts';
import type { BenchResult } from './bench-result.ts';
import { judgeTarget, roundsOf } from './judge-target.ts';
import { estimateMedian, pairRounds } from './ratio-statistics.ts';

const head = `# Benchmarks

Darkroom's cache beside other libraries, measured in the same run. \`npm run bench\` writes this page from
\`benches/results/\`; \`npm run bench -- memory-hit\` measures one section anew and keeps the others.

- One process per contestant and round, in an order drawn anew for each round; within a process the median of the samples.
- A number is the median over rounds, with the smallest and the largest in brackets. CPU is that of the contestant's process
  with all of its threads, so garbage collection is in it and waiting is not.
- A ratio is taken within each round, beside the reference of that round; its interval needs no assumption about how rounds
  are distributed. Absolute numbers are true on the machine that is named; ratios travel better.
`;

/** The whole page. */
export function renderPage(results: readonly BenchResult[]): string {
  return `${[head, ...results.map(renderSection)].join('\n')}`;
}

function renderSection(result: BenchResult): string {
  const { description } = result;
  const parts = [
    `## ${description.name}`,
    description.question,
    renderTable(result),
    description.targets.map((target) => renderTarget(result, target)).join('\n'),
    description.method.map((line) => `- ${line}`).join('\n'),
    renderMissing(result),
    renderCircumstances(result),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Text that cannot break a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

function format(value: number, decimals: number): string {
  return value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Three digits are enough for a ratio of any size. */
function formatRatio(value: number): string {
  return value >= 100 ? format(value, 0) : value >= 10 ? format(value, 1) : format(value, 2);
}

function renderValue(rounds: readonly (number | null)[], { decimals }: Metric): string {
  const values = rounds.filter((value) => value !== null);
  if (values.length === 0) return '–';
  const { median } = estimateMedian(values);
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => format(value, decimals));
  return low === high ? format(median, decimals) : `${format(median, decimals)} [${low}–${high}]`;
}

function renderTable(result: BenchResult): string {
  const { metrics, reference } = result.description;
  const [primary, ...others] = metrics;
  if (primary === undefined) return '';
  const titleOf = ({ title, unit }: Metric) => (unit === '' ? title : `${title}, ${unit}`);
  const header = ['', titleOf(primary), `x ${reference}`, ...others.map(titleOf)];
  const rows = result.contestants.map(({ label, figures }) => [
    label === reference ? `**${cell(label)}** (reference)` : cell(label),
    renderValue(figures[primary.key] ?? [], primary),
    renderRatio(figures[primary.key] ?? [], roundsOf(result, reference, primary.key)),
    ...others.map((metric) => renderValue(figures[metric.key] ?? [], metric)),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(header.map(cell)),
    line(header.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...rows.map(line),
  ].join('\n');
}

function renderRatio(own: readonly (number | null)[], reference: readonly (number | null)[]): string {
  const ratios = pairRounds(own, reference, (value, beside) => value / beside).filter(Number.isFinite);
  if (ratios.length === 0) return '–';
  const { median, low, high } = estimateMedian(ratios);
  return low === high
    ? formatRatio(median)
    : `${formatRatio(median)} [${formatRatio(low)}–${formatRatio(high)}]`;
}

const senses = { 'at-most': 'at most', 'at-least': 'at least' } as const;

function renderTarget(result: BenchResult, target: Target): string {
  const metric = result.description.metrics.find(({ key }) => key === target.metric);
  const unit = target.relation === 'ratio' ? 'times' : (metric?.unit ?? '');
  const what = {
    value: `${target.contestant}: ${metric?.title ?? target.metric}`,
    ratio: `${target.contestant}: ${metric?.title ?? target.metric} beside ${target.against}`,
    difference: `${target.contestant}: ${metric?.title ?? target.metric} above ${target.against}`,
  }[target.relation];
  const asked = `${what} ${senses[target.sense]} ${target.limit} ${unit}`.trimEnd();
  const outcome = judgeTarget(result, target);
  if (outcome === null) return `- **not measured**: ${asked}.`;
  const { median, low, high } = outcome.estimate;
  const decimals = target.relation === 'ratio' ? 2 : (metric?.decimals ?? 2);
  const seen = `${format(median, decimals)} [${format(low, decimals)}–${format(high, decimals)}]`;
  const verdict = outcome.isMet ? 'met' : `missed by ${format(outcome.missedBy * 100, 0)} %`;
  const doubt = outcome.isSure ? '' : ', but the interval holds the limit';
  return `- **${verdict}**${doubt}: ${asked}; measured ${seen}.`;
}

function renderMissing({ missing }: BenchResult): string {
  return missing.map(({ label, reason }) => `- Not there: ${label}: ${reason}`).join('\n');
}

function renderCircumstances(result: BenchResult): string {
  const { machine, rounds, versions } = result;
  const { coverage } = estimateMedian(Array.from({ length: rounds }, (_, index) => index));
  const pressure = machine.cpuPressurePct
    .map((value) => (value === null ? '?' : format(value, 0)))
    .join(' and ');
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${rounds} ${rounds === 1 ? 'round' : 'rounds'} (intervals cover ${format(coverage * 100, 0)} %), seed ${result.seed}, ${result.date}, commit ${result.commit}.`,
    `${machine.cores} cores, ${machine.cpu}, ${machine.platform}, Node ${machine.node}, Redis ${machine.redis};`,
    `CPU pressure ${pressure} % before and after.`,
    named.length === 0 ? '' : `Versions: ${named.join(', ')}.`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
