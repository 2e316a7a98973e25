import type { RecordOf } from '../experiment-journal.ts';
import { realFigures } from '../real-experiment.ts';
import type { ComparisonLog, RealLog } from '../real-experiment.ts';
import { medianOf } from '../sample-counts.ts';
import { markdownTable, notRun, percent, plural, signed } from './part-report.ts';
import type { PartReport } from './part-report.ts';

const asked = 'together against turns on a quiet machine: both ratios, and why they differ';

/** Medians over experiments of a change and of the ends of its interval. */
function ratioOf(
  logs: readonly RealLog[],
  { world, figure }: Pick<ComparisonLog, 'world' | 'figure'>,
): string {
  const own = logs.flatMap(({ comparisons }) =>
    comparisons.filter((one) => one.world === world && one.figure === figure),
  );
  const change = medianOf(own.flatMap(({ changePct }) => changePct ?? []));
  if (change === null) return '–';
  const ends = [0, 1].map((end) => medianOf(own.flatMap(({ interval95 }) => interval95?.[end] ?? [])));
  return `${signed(change)} [${ends.map((end) => signed(end)).join(', ')}]`;
}

function busyText(logs: readonly RealLog[]): string {
  const own = medianOf(logs.flatMap(({ ownCpuShare }) => ownCpuShare ?? []));
  const foreign = medianOf(logs.flatMap(({ foreignCpuShare }) => foreignCpuShare ?? []));
  const text = (share: number | null) => (share === null ? 'an unknown share' : percent(share, 0));
  return `the experiment used ${text(own)} of the cores, others ${text(foreign)}`;
}

export function reportPacings(records: readonly RecordOf<'e'>[]): PartReport {
  if (records.length === 0) return notRun('e', asked);
  const together = records.map((record) => record.together);
  const turns = records.map((record) => record.turns);
  const pairs = [...together, ...turns].flatMap(({ comparisons }) => comparisons);
  const worlds = [...new Set(pairs.map(({ world }) => world))];
  const figures = realFigures.filter((figure) => pairs.some((one) => one.figure === figure));
  const rows = worlds.flatMap((world) =>
    figures.map((figure) => [
      `${world}, ${figure}`,
      ratioOf(together, { world, figure }),
      ratioOf(turns, { world, figure }),
    ]),
  );
  const first = { world: worlds[0] ?? '', figure: 'p50' } as const;
  return {
    part: 'e',
    asked,
    found: `${first.world}, p50: ${ratioOf(together, first)} together, ${ratioOf(turns, first)} in turns`,
    state: rows.length === 0 ? 'incomplete' : 'holds',
    blocks: [
      `The same candidates against no cache in ${plural(records.length, 'experiment')} of each pacing; ` +
        'changes and intervals are medians over them.',
      markdownTable(['candidate and figure', 'together', 'in turns'], rows),
      `Together, ${busyText(together)}; in turns, ${busyText(turns)}. Together, a candidate that needs more CPU slows all of them down ` +
        'by the same time, and a ratio of times that all got longer is nearer to 1. In turns each world has the machine and its ' +
        'rate for itself. CPU per request is counted by world in both.',
    ],
  };
}
