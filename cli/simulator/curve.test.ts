import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKnee } from './curve.ts';
import type { Curve, CurvePoint } from './curve.ts';
import { writeCurvesSvg } from './curve-svg.ts';
import { describeKnee, drawCurves } from './curve-text.ts';

const mebibyte = 1024 ** 2;

const pointAt = (mebibytes: number, hitRatio: number): CurvePoint => ({
  bytes: mebibytes * mebibyte,
  hitRatio,
  byteHitRatio: hitRatio,
  hitRatioError: null,
  byteHitRatioError: null,
});

function curveOf(points: readonly CurvePoint[], allBytes = 1024 * mebibyte): Curve {
  return { policy: 'lru', method: 'distances', sampledShare: 1, points, knee: findKnee(points, allBytes) };
}

/** Rises steeply up to 48 MiB, and hardly from there on. */
const kneed = curveOf([
  pointAt(8, 0.4),
  pointAt(16, 0.6),
  pointAt(32, 0.8),
  pointAt(48, 0.915),
  pointAt(64, 0.918),
  pointAt(128, 0.926),
  pointAt(256, 0.93),
]);

test('the knee is where a doubling no longer brings a point, and is said in a sentence', () => {
  assert.match(
    describeKnee(kneed),
    /^lru: 64 MiB: 91\.8 %, 128 MiB: 92\.6 %: the knee is at (4[6-9]|5\d) MiB\.$/,
  );
});

test('a curve that is flat before it rises has its knee behind the rise', () => {
  const { knee } = curveOf([
    pointAt(1, 0),
    pointAt(2, 0),
    pointAt(4, 0),
    pointAt(8, 0.9),
    pointAt(16, 0.9),
    pointAt(32, 0.9),
  ]);
  assert.ok(knee !== null && knee.bytes > 7 * mebibyte && knee.bytes <= 8 * mebibyte, String(knee?.bytes));
});

test('a curve that rises to its end has none, unless there is room for all there', () => {
  const rising = curveOf([pointAt(1, 0.1), pointAt(2, 0.3), pointAt(4, 0.5), pointAt(8, 0.7)]);
  assert.equal(rising.knee, null);
  assert.match(describeKnee(rising), /8 MiB: 70\.0 %: more memory goes on to help/);
  const complete = curveOf(rising.points, 8 * mebibyte);
  assert.ok(complete.knee !== null && complete.knee.bytes > 7 * mebibyte);
});

test('a picture tells the knee, and shows bytes apart where they are', () => {
  const svg = writeCurvesSvg([kneed], 'of requests');
  assert.match(svg, />knee at (4[6-9]|5\d) MiB, 91\.\d %</);
  assert.doesNotMatch(svg, /dashed/);
  const apart = curveOf(
    kneed.points.map((point) => ({ ...point, byteHitRatio: point.hitRatio / 2, hitRatioError: 0.01 })),
  );
  assert.match(writeCurvesSvg([apart], 'of bytes, too'), /dashed: of bytes.*bars: 95 % intervals/s);
});

test('a knee is a size that people would write: whole bytes, two digits', () => {
  const { knee } = kneed;
  assert.ok(knee !== null && knee.bytes % mebibyte === 0, String(knee?.bytes));
});

test('pictures have every curve and no number that is none', () => {
  const text = drawCurves([kneed]).join('\n');
  assert.match(text, /● lru/);
  assert.ok(text.includes('8 MiB') && text.includes('256 MiB'));
  const svg = writeCurvesSvg([kneed], 'a < b & c');
  assert.ok(svg.includes('a &lt; b &amp; c') && svg.includes('<polyline'));
  const pictures = [svg, writeCurvesSvg([], 'none'), writeCurvesSvg([curveOf([])], 'empty')];
  for (const picture of pictures) assert.doesNotMatch(picture, /NaN|Infinity|undefined/);
});
