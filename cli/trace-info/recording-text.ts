import { binarySize } from '../../app/contract/figure-text.ts';
import { alignColumns } from '../report/text-columns.ts';
import { describeLate } from '../recordings/late-requests.ts';
import { bandNames } from './popularity.ts';
import type { RecordingFigures } from './recording-figures.ts';

const shades = ' ▁▂▃▄▅▆▇█';
/** Of a normal distribution: 95 % lie within. */
const deviations = 1.96;

const count = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function duration(seconds: number): string {
  if (seconds < 1) return `${(seconds * 1000).toPrecision(3)} ms`;
  if (seconds < 120) return `${seconds.toPrecision(3)} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(1)} min`;
  return seconds < 172_800 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}

function sourceOf({ format, meta }: RecordingFigures): string {
  const of = meta.candidate === undefined ? '' : ` of ${meta.candidate}`;
  const cut = meta.cut === undefined ? '' : `; it ends early: ${meta.cut}`;
  return `${format}, ${meta.source}${of}, identifiers ${meta.identifiers}${cut}`;
}

function skewOf({ skew }: RecordingFigures): string {
  if (skew === null) return 'not known: too few objects are read often enough';
  const { exponent, standardError, ranks, distance, shareOfReads } = skew;
  return (
    `Zipf exponent ${exponent.toFixed(3)} ± ${(deviations * standardError).toFixed(3)} (95 %), ` +
    `of the ${count(ranks)} most read objects with ${percent(shareOfReads)} of the reads; ` +
    `the law is off by ${(distance * 100).toFixed(1)} points at most`
  );
}

function bytesOf({ bytes, reads, objects }: RecordingFigures): string {
  if (bytes.readsWithoutSize === reads) return 'not known: no read has a size';
  const without = bytes.readsWithoutSize === 0 ? '' : `; ${count(bytes.readsWithoutSize)} reads have no size`;
  return `${binarySize(bytes.objects)} in ${count(objects)} objects, ${binarySize(bytes.read)} read${without}`;
}

function reuseOf({ reuse }: RecordingFigures): readonly string[] {
  if (reuse.reads === 0) return ['none: no object is read twice'];
  const { objects, seconds } = reuse;
  const among = (one: number | null): string => count(Math.round(one ?? 0));
  return [
    `half within ${among(objects.p50)} objects, 90 % within ${among(objects.p90)}, 99 % within ${among(objects.p99)}`,
    `half within ${duration(seconds.p50 ?? 0)}, 90 % within ${duration(seconds.p90 ?? 0)}, 99 % within ${duration(seconds.p99 ?? 0)}`,
  ];
}

function outcomesOf({ outcomes }: RecordingFigures): readonly string[] {
  const known = Object.entries(outcomes).filter(([name, reads]) => name !== '' && reads > 0);
  if (known.length === 0) return [];
  return [known.map(([name, reads]) => `${name} ${count(reads)}`).join(', ')];
}

/** What is asked of a recording, in lines for people. */
export function renderRecordingFigures(figures: RecordingFigures): string {
  const { events, oneHitWonders, classes } = figures;
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['recording', [sourceOf(figures), describeLate(figures.late) ?? []].flat()],
    ['length', [duration(figures.seconds)]],
    ['requests', events.request === 0 ? [] : [count(events.request)]],
    [
      'reads',
      [`${count(figures.reads)}; ${classes.map(({ name, reads }) => `${name} ${count(reads)}`).join(', ')}`],
    ],
    ['answered by', outcomesOf(figures)],
    [
      'writes',
      [`${count(events.write)}, removals ${count(events.remove)}: ${percent(figures.writeShare)} of all`],
    ],
    ['objects', [count(figures.objects)]],
    ['bytes', [bytesOf(figures)]],
    ['skew', [skewOf(figures)]],
    [
      'read once',
      [
        `${percent(oneHitWonders.shareOfObjects)} of the objects, ${percent(oneHitWonders.shareOfReads)} of the reads`,
      ],
    ],
    ['read again', reuseOf(figures)],
  ];
  const lines = rows.flatMap(([name, texts]) => texts.map((text, index) => [index === 0 ? name : '', text]));
  return `${alignColumns(lines, () => true).join('\n')}\n\n${drawPopularity(figures)}`;
}

/** Blank is nothing at all. */
function heightOf(share: number): string {
  return shades[share === 0 ? 0 : Math.max(1, Math.round(share * (shades.length - 1)))] ?? ' ';
}

/** Shares of the reads as heights, time from the left to the right. */
function drawPopularity({ popularity, seconds }: RecordingFigures): string {
  const row = (name: string, shareOf: (slice: (typeof popularity)[number]) => number): readonly string[] => {
    const reads = popularity.reduce((sum, slice) => sum + slice.reads, 0);
    const mean =
      popularity.reduce((sum, slice) => sum + shareOf(slice) * slice.reads, 0) / Math.max(reads, 1);
    const heights = popularity.map((slice) => heightOf(shareOf(slice)));
    return [name, `|${heights.join('')}|`, percent(mean)];
  };
  const busiest = Math.max(...popularity.map(({ reads }) => reads), 1);
  const rows = [
    ...bandNames.map((name, band) => row(name, ({ shares }) => shares[band] ?? 0)),
    row('never read before', ({ newShare }) => newShare),
  ];
  const load = popularity.map(({ reads }) => heightOf(reads / busiest));
  const table = alignColumns([...rows, ['all reads', `|${load.join('')}|`, '']], (column) => column !== 2);
  return `Share of the reads by rank, each column ${duration(seconds / popularity.length)}; full height is all of them\n${table.join('\n')}\n`;
}
