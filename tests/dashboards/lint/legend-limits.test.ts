import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complainOfLegend } from './legend-limits.ts';
import type { PublishedPanel } from './published-form.ts';

const panel = (more: object): PublishedPanel =>
  ({
    type: 'timeseries',
    title: 'Which routes fail?',
    gridPos: { x: 0, y: 0, w: 8, h: 8 },
    targets: [{ refId: 'A', expr: 'up', legendFormat: '{{candidate}} {{http_route}}' }],
    ...more,
  }) as PublishedPanel;
const series = (count: number, labels: Readonly<Record<string, string>> = {}) =>
  Array.from({ length: count }, (_, index) => ({
    metric: { candidate: `a candidate with a name as long as it pleases ${index % 3}`, ...labels },
  }));

test('a plot of a third of the width has eight series, and one of half of it twelve', () => {
  assert.deepEqual(complainOfLegend(panel({}), [series(8)]), []);
  assert.deepEqual(complainOfLegend(panel({}), [series(5), series(4)]), [
    'Which routes fail? has 9 series, of 8 that can be read',
  ]);
  const half = { gridPos: { x: 0, y: 0, w: 12, h: 8 } };
  assert.deepEqual(complainOfLegend(panel(half), [series(12)]), []);
  assert.equal(complainOfLegend(panel(half), [series(13)]).length, 1);
});

test('of a panel of each candidate, the series of one are counted', () => {
  const each = { repeat: 'candidate', maxPerRow: 2, gridPos: { x: 0, y: 0, w: 24, h: 8 } };
  assert.deepEqual(complainOfLegend(panel(each), [series(36)]), []);
  assert.equal(complainOfLegend(panel(each), [series(39)]).length, 1);
});

test('an entry is as long as what is in it that nobody has given a name', () => {
  const route = '/users/:userId/posts/comments';
  assert.deepEqual(complainOfLegend(panel({}), [series(1, { http_route: route })]), []);
  const file = '/some/folder/alerts-compressed.yml;darkroom-budgets';
  assert.deepEqual(complainOfLegend(panel({}), [series(2, { http_route: file })]), [
    `Which routes fail? has a legend of ${file.length} letters: ${file}`,
  ]);
  assert.deepEqual(complainOfLegend(panel({ type: 'table' }), [series(9, { http_route: file })]), []);
});
