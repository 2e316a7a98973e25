import type { CandidateResult, CompareResult } from '../report/compare-result.ts';
import { renderTable } from '../report/table.ts';

/** What is wanted: simulated and measured hit ratios of each layer differ by no more, in points. */
const pointsMax = 2;

/** What the page tells of. */
export type PredictionMeasured = {
  /** The commands as a reader would run them. */
  readonly record: string;
  readonly replay: string;
  /** What the recording says of itself: `darkroom trace-info`, or the like. */
  readonly recording: { readonly requests: number; readonly reads: number; readonly seconds: number };
  readonly result: CompareResult;
};

const layers = ['memory', 'redis', 'all'] as const;
type Layer = (typeof layers)[number];

const titles: Readonly<Record<Layer, string>> = {
  memory: 'memory',
  redis: 'redis',
  all: 'both',
};

const none = '–';

/** Measured less simulated, in points; null where the candidate has no such layer. */
function pointsOff({ hitRatio, expectedHitRatio }: CandidateResult, layer: Layer): number | null {
  const [measured, simulated] = [hitRatio[layer], expectedHitRatio[layer]];
  return measured === null || simulated === null ? null : 100 * (measured - simulated);
}

function cellOf(candidate: CandidateResult, layer: Layer): string {
  const off = pointsOff(candidate, layer);
  const [measured, simulated] = [candidate.hitRatio[layer], candidate.expectedHitRatio[layer]];
  if (off === null || measured === null || simulated === null) return none;
  return `${(100 * simulated).toFixed(1)} / ${(100 * measured).toFixed(1)} (${off >= 0 ? '+' : ''}${off.toFixed(1)})`;
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The candidates with caches: of the others there is nothing to predict. */
const cachingOf = ({ candidates }: CompareResult): CandidateResult[] =>
  candidates.filter(({ role, expectedHitRatio }) => role !== 'control' && (expectedHitRatio.all ?? 0) > 0);

function agreement(result: CompareResult): string {
  const offs = cachingOf(result).flatMap((candidate) =>
    layers.flatMap((layer) => {
      const off = pointsOff(candidate, layer);
      return off === null ? [] : { off: Math.abs(off), of: `${titles[layer]} of \`${candidate.name}\`` };
    }),
  );
  const worst = offs.toSorted((a, b) => b.off - a.off)[0];
  if (worst === undefined) return 'Nothing was predicted.';
  const within = offs.filter(({ off }) => off <= pointsMax).length;
  return `Of ${offs.length} hit ratios of ${cachingOf(result).length} candidates, ${within} agree within ${pointsMax} points; the one that is farthest off is ${worst.of}, by ${worst.off.toFixed(1)}.`;
}

function machineOf({ manifest }: CompareResult): string {
  const { machine, versions, git, startedAt } = manifest;
  const commit = git.commit === null ? '' : `, commit ${git.commit.slice(0, 12)}`;
  return `${startedAt.slice(0, 10)}, ${machine.cores} cores, ${machine.cpu}, ${machine.platform}, Node ${versions.node}, PostgreSQL ${versions.postgres}${commit}.`;
}

export function composePredictionPage({ record, replay, recording, result }: PredictionMeasured): string {
  const rows = cachingOf(result).map((candidate) => [
    `\`${candidate.name}\``,
    ...layers.map((layer) => cellOf(candidate, layer)),
  ]);
  return `${[
    '# Prediction',
    `Written by \`npm run prediction-page\`, which runs everything that it tells of. A load is recorded once. The simulator says what each
candidate's caches would have answered of its reads; then its requests are sent again through the real service, from empty caches on,
and the hit ratios of each layer are counted. [Replaying a recording](../replay.md) says how.`,
    '## What was run',
    `    ${record}\n    ${replay}`,
    `The recording has ${recording.requests.toLocaleString('en-US')} requests and ${recording.reads.toLocaleString('en-US')} reads of caches in ${recording.seconds.toFixed(0)} s. ${machineOf(result)}`,
    '## Simulated and measured',
    agreement(result),
    'Hit ratios in percent of all reads of caches, simulated / measured, and the difference in points.',
    markdownTable(['candidate', ...layers.map((layer) => titles[layer])], rows),
    '## What keeps them apart',
    `- Reads of one key at once: the simulator answers them one after the other, in the service they all miss until the first is filled.
- The sizes of entries: the recording has those of the candidate under which it was recorded, and what the process holds beside them is
  estimated.
- Lifetimes are shortened by chance (\`jitter\`), by another draw in each.
- Redis chooses what goes by samples of its own, and takes a part of its memory for itself.
- Requests are sent to a tenth of a second as they were recorded, and answered in another order than they were.`,
    '## The comparison itself',
    `\`\`\`\n${renderTable(result).trimEnd()}\n\`\`\``,
  ].join('\n\n')}\n`;
}
