import { binarySize } from '../../app/contract/figure-text.ts';
import { hitRatioAt } from './curve.ts';
import type { Curve } from './curve.ts';

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

/** "lru: 64 MiB: 91.8 %, 128 MiB: 92.6 %: the knee is at 56 MiB." */
export function describeKnee({ policy, points, knee }: Curve): string {
  const last = points.at(-1);
  if (last === undefined) return `${policy}: there are too few objects for a curve.`;
  if (knee === null)
    return `${policy}: ${binarySize(last.bytes)}: ${percent(last.hitRatio)}: more memory goes on to help, there is no knee.`;
  const round = 2 ** Math.ceil(Math.log2(knee.bytes));
  const said = [round, round * 2]
    .map((bytes) => `${binarySize(bytes)}: ${percent(hitRatioAt(points, bytes))}`)
    .join(', ');
  return `${policy}: ${said}: the knee is at ${binarySize(knee.bytes)}.`;
}

const rows = 12;
const columns = 64;
/** One for each curve, in order; where curves cross, the last one is seen. */
const marks = ['●', '○', '▲', '△', '■', '□'] as const;

/** Curves of hit ratio over memory, on a scale of doublings, in characters. */
export function drawCurves(curves: readonly Curve[]): readonly string[] {
  const sizes = curves.flatMap(({ points }) => points.map(({ bytes }) => bytes));
  if (sizes.length === 0) return [];
  const ratios = curves.flatMap(({ points }) => points.map(({ hitRatio }) => hitRatio));
  const least = Math.floor(Math.min(...ratios) * 10) / 10;
  const most = Math.min(1, Math.floor(Math.max(...ratios) * 10 + 1) / 10);
  const [from, to] = [Math.log2(Math.min(...sizes)), Math.log2(Math.max(...sizes))];
  const canvas = Array.from({ length: rows + 1 }, () => new Array<string>(columns).fill(' '));
  for (const [index, { points }] of curves.entries()) {
    const first = points[0]?.bytes ?? Number.POSITIVE_INFINITY;
    for (let column = 0; column < columns; column += 1) {
      const bytes = 2 ** (from + ((to - from) * column) / (columns - 1));
      if (bytes < first * 0.999) continue;
      const row = Math.round(((most - hitRatioAt(points, bytes)) / (most - least)) * rows);
      const line = canvas[row];
      if (line !== undefined) line[column] = marks[index % marks.length] ?? '●';
    }
  }
  const legend = curves.map(({ policy }, index) => `${marks[index % marks.length]} ${policy}`).join('  ');
  return [
    `hit ratio   ${legend}`,
    ...canvas.map((line, row) => {
      const ratio = most - ((most - least) * row) / rows;
      return `${(ratio * 100).toFixed(0).padStart(5)} % ┤${line.join('').trimEnd()}`;
    }),
    `        └${'─'.repeat(columns)}`,
    `         ${binarySize(2 ** from).padEnd(columns - 12)}${binarySize(2 ** to).padStart(12)}`,
  ];
}
