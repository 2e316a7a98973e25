import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockRecord } from '../experiment/records.ts';
import { countsOf } from '../figures/counts.ts';
import { layerCounters } from '../figures/layer-counters.ts';
import {
  inventBlock,
  inventPlan,
  inventResult,
  inventTogether,
  usual,
} from '../../tests/support/invented-experiment.ts';
import { layersOfBlocks } from './layers-of-blocks.ts';
import { renderTable } from './table.ts';

const viewers = {
  sent: 1_000,
  images: { browser: { requests: 900, bytes: 9 * 1024 }, sent: { requests: 300, bytes: 2 ** 20 } },
};
const account = { asked: 1_900, browser: 900, edge: 0, service: 1_000 };
const both = { tiers: 'memory+redis', hasEdge: false };

/** A block of viewers with browsers, whose service ends with so much in memory. */
function withViewers(block: BlockRecord, localTierBytes = 1_000): BlockRecord {
  const own = countsOf(layerCounters, { answeredImages: 300, localTierBytes });
  return { ...block, viewers, account, redisBytes: 500, counts: { ...block.counts, ...own } };
}

const block = inventBlock('cache-aside', 1, 1, { medianMs: 2, queries: 0.4, memoryHits: 850 });

test('requests of rounds are added up, and what a tier holds is the mean of their ends', () => {
  const rows = layersOfBlocks([withViewers(block, 1_000), withViewers(block, 3_000)], both);
  assert.deepEqual(
    rows.map(({ layer, answered, memoryBytes }) => [layer, answered, memoryBytes]),
    [
      ['browser', 1_800, null],
      ['service', 600, null],
      ['memory', 1_700, 2_000],
      ['redis', 100, 500],
      ['storage', 200, null],
    ],
  );
});

test('a round that is not accounted for is left out, and without viewers there are no layers', () => {
  const unknown = { ...withViewers(block), account: null };
  assert.deepEqual(
    layersOfBlocks([withViewers(block), unknown], both),
    layersOfBlocks([withViewers(block)], both),
  );
  assert.deepEqual(layersOfBlocks([unknown], both), []);
  assert.deepEqual(layersOfBlocks([block], both), []);
});

test('the table tells who answered, candidate by candidate but for the control', () => {
  const plan = inventPlan('together');
  const result = inventResult(plan, inventTogether(usual, { block: (own) => withViewers(own) }));
  const [first] = result.blocks;
  assert.deepEqual(first?.viewerRequests, account);
  const text = renderTable(result);
  assert.match(text, /^Who answered, layer by layer/m);
  assert.match(text, /images {2}browser +10800 +8100 +75\.0 +75\.0 +75\.0 +– +– +81 KiB/);
  assert.equal(text.split('browser').length - 1, 3, 'one line for each candidate');
  assert.doesNotMatch(renderTable(inventResult(plan, inventTogether(usual))), /Who answered/);
});
