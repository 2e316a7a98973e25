import { binarySize } from '../../app/contract/figure-text.ts';
import type { Curve, CurvePoint } from './curve.ts';

const width = 860;
const height = 460;
const plot = { left: 66, right: 620, top: 52, bottom: 390 };
const legendLeft = plot.right + 24;
/** Told apart by people who do not see colours, too (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;
const grey = '#666';
/** With less between a ratio of requests and one of bytes, the second line would hide the first. */
const apartMin = 0.005;

/** Where sizes and ratios lie in the picture. */
type Axes = {
  readonly x: (bytes: number) => number;
  readonly y: (ratio: number) => number;
  /** The ratios that have a line, from 0 on. */
  readonly ratios: readonly number[];
  readonly sizes: readonly number[];
};

/** Curves of hit ratio over memory as a picture, of requests and of bytes, with the knees and the errors of what is estimated. */
export function writeCurvesSvg(curves: readonly Curve[], title: string): string {
  const drawn = curves.filter(({ points }) => points.length > 0);
  const points = drawn.flatMap((curve) => curve.points);
  const areBytesShown = points.some(
    ({ hitRatio, byteHitRatio }) => Math.abs(hitRatio - byteHitRatio) >= apartMin,
  );
  const axes = axesFor(points);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(plot.left, 28, escaped(title), 'font-size="15" font-weight="bold"'),
    ...frame(axes),
    ...drawn.flatMap((curve, index) => curveLines(curve, colourOf(index), axes, areBytesShown)),
    ...legend(drawn, areBytesShown),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

const colourOf = (index: number): string => colours[index % colours.length] ?? 'black';
const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const at = (value: number): string => value.toFixed(1);
const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}"${more === '' ? '' : ` ${more}`}>${words}</text>`;
const line = (from: readonly [number, number], to: readonly [number, number], more: string): string =>
  `<line x1="${at(from[0])}" y1="${at(from[1])}" x2="${at(to[0])}" y2="${at(to[1])}" ${more}/>`;

/** From nothing up to a line above all that is drawn, and over all doublings of memory. */
function axesFor(points: readonly CurvePoint[]): Axes {
  const ratiosOfAll = points.flatMap(({ hitRatio, byteHitRatio, hitRatioError }) => [
    hitRatio + (hitRatioError ?? 0),
    byteHitRatio,
  ]);
  const most = Math.min(1, Math.max(0.05, ...ratiosOfAll));
  const step = [0.01, 0.02, 0.05, 0.1].find((one) => most / one <= 6) ?? 0.2;
  const lines = Math.ceil(most / step - 1e-9);
  const bytes = points.map((point) => point.bytes);
  const from = Math.log2(Math.min(2 ** 20, ...bytes));
  const to = Math.max(from + 1, Math.log2(Math.max(0, ...bytes)));
  const doublings = Math.max(1, Math.ceil((to - from) / 8));
  const firstPower = Math.ceil(from - 0.001);
  return {
    x: (size) => plot.left + ((Math.log2(size) - from) / (to - from)) * (plot.right - plot.left),
    y: (ratio) => plot.bottom - (Math.min(1, Math.max(0, ratio)) / (lines * step)) * (plot.bottom - plot.top),
    ratios: Array.from({ length: lines + 1 }, (_, index) => index * step),
    sizes: Array.from(
      { length: Math.floor((to - firstPower) / doublings + 0.001) + 1 },
      (_, index) => 2 ** (firstPower + index * doublings),
    ),
  };
}

function frame({ x, y, ratios, sizes }: Axes): string[] {
  const middle = (plot.top + plot.bottom) / 2;
  return [
    ...ratios.flatMap((ratio) => [
      line([plot.left, y(ratio)], [plot.right, y(ratio)], `stroke="${ratio === 0 ? grey : '#ddd'}"`),
      text(plot.left - 8, y(ratio) + 4, `${(ratio * 100).toFixed(0)} %`, 'text-anchor="end"'),
    ]),
    ...sizes.flatMap((size) => [
      line([x(size), plot.bottom], [x(size), plot.bottom + 5], `stroke="${grey}"`),
      text(x(size), plot.bottom + 20, binarySize(size), 'text-anchor="middle"'),
    ]),
    text((plot.left + plot.right) / 2, plot.bottom + 44, 'memory', `text-anchor="middle" fill="${grey}"`),
    text(
      18,
      middle,
      'hit ratio',
      `text-anchor="middle" fill="${grey}" transform="rotate(-90 18 ${at(middle)})"`,
    ),
  ];
}

function curveLines(
  { policy, points, knee }: Curve,
  colour: string,
  { x, y }: Axes,
  areBytesShown: boolean,
): string[] {
  const path = (ratioOf: (point: CurvePoint) => number): string =>
    points.map((point) => `${at(x(point.bytes))},${at(y(ratioOf(point)))}`).join(' ');
  const bars = points.flatMap(({ bytes, hitRatio, hitRatioError }) =>
    hitRatioError === null
      ? []
      : [
          line(
            [x(bytes), y(hitRatio + hitRatioError)],
            [x(bytes), y(hitRatio - hitRatioError)],
            `stroke="${colour}" stroke-width="5" stroke-opacity="0.3"`,
          ),
        ],
  );
  const bytesLine = `<polyline points="${path((point) => point.byteHitRatio)}" fill="none" stroke="${colour}" stroke-dasharray="4 4"/>`;
  return [
    ...bars,
    ...(areBytesShown ? [bytesLine] : []),
    `<polyline points="${path((point) => point.hitRatio)}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...(knee === null
      ? []
      : [kneeMark(x(knee.bytes), y(knee.hitRatio), colour, `${policy}: ${kneeWords(knee)}`)]),
  ];
}

const kneeMark = (x: number, y: number, colour: string, words: string): string =>
  `<circle cx="${at(x)}" cy="${at(y)}" r="5" fill="${colour}" stroke="white" stroke-width="1.5"><title>${words}</title></circle>`;

const kneeWords = ({ bytes, hitRatio }: NonNullable<Curve['knee']>): string =>
  `knee at ${binarySize(bytes)}, ${(hitRatio * 100).toFixed(1)} %`;

const legendRow = 42;

/** Who is who, with the knees in words, and what the lines mean. */
function legend(curves: readonly Curve[], areBytesShown: boolean): string[] {
  const rows = curves.flatMap(({ policy, knee }, index) => {
    const y = plot.top + 8 + index * legendRow;
    return [
      line([legendLeft, y], [legendLeft + 22, y], `stroke="${colourOf(index)}" stroke-width="2"`),
      ...(knee === null ? [] : [kneeMark(legendLeft + 11, y, colourOf(index), policy)]),
      text(legendLeft + 30, y + 4, escaped(policy)),
      text(legendLeft + 30, y + 20, knee === null ? 'no knee yet' : kneeWords(knee), `fill="${grey}"`),
    ];
  });
  const isEstimated = curves.some(({ points }) => points.some(({ hitRatioError }) => hitRatioError !== null));
  const notes = [
    ...(areBytesShown ? ['dashed: of bytes'] : []),
    ...(isEstimated ? ['bars: 95 % intervals'] : []),
  ];
  return [
    ...rows,
    ...notes.map((note, index) =>
      text(legendLeft, plot.bottom - 18 * (notes.length - 1 - index), note, `fill="${grey}"`),
    ),
  ];
}
