import { findFigure } from '../figures/figure-list.ts';
import type { CandidateResult, CompareResult } from '../report/compare-result.ts';
import { renderTable } from '../report/table.ts';
import { lossRows, lossTitles } from './counter-losses.ts';
import type { RunComparison } from './run-compare.ts';
import type { TimedReads } from './time-count-reads.ts';

const article = 'https://netflixtechblog.com/netflixs-distributed-counter-abstraction-8d0c45eb66b2';

/** What the page tells of. */
export type CountersMeasured = {
  readonly comparison: RunComparison;
  readonly reads: readonly TimedReads[];
};

function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

const none = '–';

/** A figure of a candidate as tables write it. */
function told({ figures }: CandidateResult, name: string): string {
  const value = figures[name] ?? null;
  return value === null ? none : (findFigure(name)?.write(value) ?? String(value));
}

/** How many times as much as the baseline. */
function beside({ figures }: CandidateResult, base: CandidateResult, name: string): string {
  const [own, other] = [figures[name] ?? null, base.figures[name] ?? null];
  return own === null || other === null || other === 0 ? none : `${(own / other).toFixed(2)} ×`;
}

/** The ratios, which travel further than milliseconds of this machine. */
function ratiosOf({ candidates }: CompareResult): string {
  const base = candidates.find(({ role }) => role === 'baseline');
  if (base === undefined) return '';
  const rows = candidates
    .filter(({ role }) => role !== 'control')
    .map((one) => [
      `\`${one.name}\``,
      beside(one, base, 'addMsP50'),
      beside(one, base, 'getMsP50'),
      beside(one, base, 'cpuUsPerRequest'),
      `${told(one, 'countErrorAtOnce')} / ${told(one, 'countErrorAtRest')}`,
      `${told(one, 'countLagSecondsP50')} / ${told(one, 'countLagSecondsP99')}`,
      told(one, 'rollupsPerWrite'),
      told(one, 'eventsReadPerGet'),
    ]);
  return markdownTable(
    [
      'candidate',
      `add, p50 beside \`${base.name}\``,
      'read, p50',
      'CPU per request',
      'error %, at once / at rest',
      'lag s, p50 / p99',
      'rollups per write',
      'events per read',
    ],
    rows,
  );
}

function machineOf({ manifest }: CompareResult): string {
  const { machine, versions, git, startedAt } = manifest;
  const commit = git.commit === null ? '' : `, commit ${git.commit.slice(0, 12)}`;
  return `${startedAt.slice(0, 10)}, ${machine.cores} cores, ${machine.cpu}, ${machine.platform}, Node ${versions.node}, PostgreSQL ${versions.postgres}${commit}.`;
}

const milliseconds = (ms: number | null): string => (ms === null ? none : `${ms.toFixed(2)} ms`);

/** Reads of one counter, by how many events it has. */
function readsTable(reads: readonly TimedReads[]): string {
  const rows = [...Map.groupBy(reads, ({ candidate }) => candidate)].map(([candidate, own]) => {
    const ratio = (of: 'p50Ms' | 'p99Ms'): string => {
      const [first, last] = [own.at(0)?.[of] ?? null, own.at(-1)?.[of] ?? null];
      return first === null || last === null || first === 0 ? none : `${(last / first).toFixed(2)} ×`;
    };
    return [
      `\`${candidate}\``,
      ...own.map(({ p50Ms, p99Ms }) => `${milliseconds(p50Ms)} / ${milliseconds(p99Ms)}`),
      `${ratio('p50Ms')} / ${ratio('p99Ms')}`,
    ];
  });
  const steps = [...new Set(reads.map(({ events }) => events))];
  const titles = steps.map((events) => `${events.toLocaleString('en-US')} events, p50 / p99`);
  return markdownTable(['candidate', ...titles, 'the last beside the first'], rows);
}

/** The article's figures beside ours. */
function articleTable({ comparison: { result }, reads }: CountersMeasured): string {
  const eventual = result.candidates.find(({ config }) => config['counter'] === 'eventual');
  const own = reads.filter(({ mode }) => mode === 'eventual');
  const [first, last] = [own.at(0)?.p99Ms ?? null, own.at(-1)?.p99Ms ?? null];
  const flat = first === null || last === null || first === 0 ? none : `${(last / first).toFixed(2)} ×`;
  const rows = [
    [
      'about 75,000 requests a second over many machines',
      `${result.manifest.rate.perSecond} a second to each candidate, whose processes, stores and load share one machine: not comparable`,
    ],
    [
      'single-digit milliseconds at every endpoint',
      eventual === undefined
        ? none
        : `p50 of adds ${told(eventual, 'addMsP50')}, of reads ${told(eventual, 'getMsP50')}`,
    ],
    [
      'lag of the order of seconds: coalesce 10 s + accept limit 5 s at most',
      eventual === undefined
        ? none
        : `p50 ${told(eventual, 'countLagSecondsP50')} s, p99 ${told(eventual, 'countLagSecondsP99')} s, with a window of 1 s and 1 s of gathering`,
    ],
    [
      'writes of a counter share a rollup',
      eventual === undefined ? none : `${told(eventual, 'rollupsPerWrite')} rollups per write`,
    ],
    [
      'reads stay as fast however many events there are',
      `p99 of \`eventual\` with ten times the events: ${flat}`,
    ],
  ];
  return markdownTable(['the article', 'here'], rows);
}

export function composeCountersPage(measured: CountersMeasured): string {
  const { comparison, reads } = measured;
  const { command, result } = comparison;
  return `${[
    '# Counters',
    `Written by \`npm run counters-page\`, which runs everything that it tells of. The system is built after [Netflix's Distributed Counter
Abstraction](${article}); [decision 30](../decisions/0030-counters-are-events-that-freeze.md) says where it differs and why, and
[Systems](../systems.md) has the rows DC-1 to DC-10 with the tests that show them. \`./darkroom list axes\` lists what a candidate may choose.`,
    '## What was compared',
    `    ${command}`,
    machineOf(result),
    `\`\`\`\n${renderTable(result).trimEnd()}\n\`\`\``,
    '## How it compares',
    `Times beside those of the baseline, in the same run; the machine that is named above shares its cores among all of it.`,
    ratiosOf(result),
    `The witness adds to counters of its own, four times a second, and reads after each add: so **at once** is the share of what was
acknowledged that an answer lacks or has too much while people go on adding. **At rest** is what is left of that long after the last add. One in
five of its adds is sent twice, and who counts that twice is wrong by 20 % for ever; in the load one in twenty is.`,
    '## Reads while events pile up (DC-10)',
    `One counter, one replica, nothing else on the machine: reads one after the other, when so many events have been added and rolled up.
With \`coalesce=1h\` none is rolled up yet, and a read of an accurate count sums them all.`,
    readsTable(reads),
    '## What is lost, by whom',
    `Shown by \`tests/killed-counters.test.ts\`, \`app/counters/counter-modes.test.ts\` and \`app/counters/counter-rollups.test.ts\`, which kill
the processes in question; counts of modes with events then converge to the number of distinct tokens, exactly.`,
    markdownTable(lossTitles, lossRows),
    '## Beside the article',
    'Ratios can be compared, and orders of magnitude; the numbers of a fleet cannot.',
    articleTable(measured),
  ].join('\n\n')}\n`;
}
