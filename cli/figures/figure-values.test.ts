import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Figure } from '../../app/contract/figure.ts';
import { createHistogram, recordUs } from '../statistics/histograms.ts';
import { keyOf } from './counts.ts';
import { valueInBlock, valueOverBlocks } from './figure-values.ts';
import type { FigureContext, MeasuredBlock } from './figure-values.ts';
import { servedRequests } from './taken-counters.ts';

const [lost, tried] = [{ counter: 'lost_total' }, { counter: 'tries_total', where: { kind: ['a', 'b'] } }];

const figureOf = (own: Pick<Figure, 'from' | 'per'> & Partial<Figure>): Figure => ({
  ...{ name: 'lost', meaning: 'what got lost', unit: '', scale: 'plain', better: 'less', title: 'lost' },
  ...{ table: null, margin: () => 1, write: String },
  ...own,
});

function blockOf(own: Partial<MeasuredBlock> = {}): MeasuredBlock {
  return {
    ...{
      candidate: 'a',
      round: 1,
      offered: 100,
      dropped: null,
      responseTimeUs: null,
      operationTimesUs: {},
      meanUs: null,
      paired: null,
    },
    ...{ countedSeconds: 10, queried: {} },
    counts: { [keyOf(servedRequests)]: 100, [keyOf(lost)]: 5, [keyOf(tried)]: 20 },
    cpuUs: { service: 1_000, postgres: 300, redis: 0, worker: 50, driver: 9_000 },
    ...own,
  };
}

const context: FigureContext = {
  figures: [],
  dropped: () => 0,
  valuesOf: (candidate) => ({ depth: candidate === 'a' ? 1 : 2 }),
};
const inBlock = (figure: Figure, block = blockOf()) => valueInBlock(figure, block, context);

test('a counter is told as it grew, per request, per second, or per another counter', () => {
  const of = (per: Figure['per']) => inBlock(figureOf({ from: lost, per }));
  assert.deepEqual([of(null), of('request'), of('second'), of(tried)], [5, 0.05, 0.5, 0.25]);
  // No request of this block wrote.
  assert.equal(of('write'), null);
});

test('what is divided by nothing has no value, unless its figure says which', () => {
  const nothing = blockOf({ counts: { [keyOf(lost)]: 0 } });
  assert.equal(inBlock(figureOf({ from: lost, per: tried }), nothing), null);
  assert.equal(inBlock(figureOf({ from: lost, per: tried, whenNone: 0 }), nothing), 0);
  const byDepth = figureOf({ from: lost, per: tried, whenNone: ({ depth }) => (depth === 1 ? 0 : null) });
  const deep = { ...nothing, candidate: 'b' };
  assert.deepEqual([inBlock(byDepth, nothing), inBlock(byDepth, deep)], [0, null]);
  const over = (block: MeasuredBlock) => valueOverBlocks(byDepth, [block, block], context);
  assert.deepEqual([over(nothing), over(deep)], [0, null]);
});

/** As many requests that took so long. */
function took(ms: number, requests: number) {
  const histogram = createHistogram();
  for (let each = 0; each < requests; each += 1) recordUs(histogram, ms * 1_000);
  return histogram;
}

test('the response times of some operations are told by themselves, together and where there are enough of them', () => {
  const ofAdds = figureOf({ from: { driver: 'p50', operation: ['addCount', 'addAndGetCount'] }, per: null });
  const ofReads = figureOf({ from: { driver: 'p50', operation: ['getCount'] }, per: null });
  const block = blockOf({
    responseTimeUs: took(1, 1_000),
    operationTimesUs: { addCount: took(2, 10), addAndGetCount: took(4, 100), getCount: took(1, 5) },
  });
  assert.equal(inBlock(ofAdds, block)?.toFixed(1), '4.0');
  assert.equal(inBlock(ofReads, block), null);
  // Pooled, a hundred must lie beyond the quantile.
  const over = (figure: Figure, blocks: number) =>
    valueOverBlocks(
      figure,
      Array.from({ length: blocks }, () => block),
      context,
    );
  assert.equal(over(ofAdds, 1), null);
  assert.equal(over(ofAdds, 2)?.toFixed(1), '4.0');
  assert.equal(over(ofReads, 40)?.toFixed(1), '1.0');
  // A driver that died says nothing of single operations either.
  assert.equal(inBlock(ofAdds, { ...block, responseTimeUs: null }), null);
});

test('CPU is that of one kind of process, or of all that serves', () => {
  const of = (cpu: string, block?: MeasuredBlock) =>
    inBlock(figureOf({ from: { cpu }, per: 'request' }), block);
  assert.deepEqual([of('worker'), of('driver'), of('world')], [0.5, 90, 13.5]);
  const dark = blockOf({ cpuUs: { service: null, postgres: 300, redis: 0, driver: 1 } });
  assert.deepEqual([of('world', dark), of('postgres', dark), of('worker', dark)], [null, 3, null]);
});

test('what was not counted, or not answered, is null and never 0', () => {
  assert.equal(inBlock(figureOf({ from: lost, per: 'request' }), blockOf({ counts: null })), null);
  const asked = figureOf({ from: { query: 'SELECT 1 AS value' }, per: null });
  assert.equal(inBlock(asked), null);
  assert.equal(inBlock(asked, blockOf({ queried: { lost: 0 } })), 0);
});

test('over blocks amounts are summed before they are divided', () => {
  const small = blockOf({ counts: { [keyOf(servedRequests)]: 300, [keyOf(lost)]: 3 } });
  const over = (figure: Figure, blocks: readonly MeasuredBlock[]) => valueOverBlocks(figure, blocks, context);
  assert.equal(over(figureOf({ from: lost, per: 'request' }), [blockOf(), small]), 8 / 400);
  assert.equal(over(figureOf({ from: lost, per: 'request' }), [blockOf(), blockOf({ counts: null })]), null);
  const asked = figureOf({ from: { query: 'SELECT 1 AS value' }, per: null });
  const told = [2, null, 4].map((lostRows) => blockOf({ queried: { lost: lostRows } }));
  assert.equal(over(asked, told), 3, 'the mean of the rounds that have it');
  assert.equal(over(asked, []), null);
});

test('a candidate that a figure does not apply to does not have it', () => {
  const deep = figureOf({ from: lost, per: null, appliesTo: ({ depth }) => depth === 1 });
  assert.equal(inBlock(deep), 5);
  assert.equal(inBlock(deep, blockOf({ candidate: 'b' })), null);
  assert.equal(valueOverBlocks(deep, [blockOf({ candidate: 'b' })], context), null);
});
