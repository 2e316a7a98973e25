import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptSpan } from '../../tests/support/kept-spans.ts';
import { createSlowRequests } from './slow-requests.ts';
import type { MeasuredBlock } from './slow-requests.ts';
import type { KeptSpan } from './span.ts';
import { createTraceStore } from './trace-store.ts';
import type { TraceStore } from './trace-store.ts';

const roomy = 2 ** 24;
/** The baseline and its control run the same candidate, each in a world of its own. */
const worlds = [
  { label: 'no-cache', replicas: () => [{ name: '7_1-1' }, { name: '7_1-2' }] },
  { label: 'no-cache′', replicas: () => [{ name: '7_2-1' }] },
];
const blockOf = (candidate: string, fromMs: number): MeasuredBlock => ({
  candidate,
  measured: { fromMs, toMs: fromMs + 100 },
});
let made = 0;
const requestOf = (startMs: number, durationMs: number, given: Partial<KeptSpan> = {}): KeptSpan => {
  made += 1;
  return keptSpan({
    ...{ traceId: made.toString(16).padStart(32, '0'), spanId: `GET /${durationMs}`, kind: 'server' },
    ...{ startMs, durationMs, candidate: 'no-cache', replica: '7_1-1' },
    ...given,
  });
};
const gatherIn = (store: TraceStore) => {
  const slow = createSlowRequests(store, 2);
  slow.watch(worlds);
  return slow;
};
const durationsOf = (found: readonly { readonly trace: { readonly root: KeptSpan } }[]): number[] =>
  found.map(({ trace }) => trace.root.durationMs);

describe('the slowest requests of a candidate', () => {
  it('began in the measured part of a block that counts, in its own world', () => {
    const store = createTraceStore(roomy);
    const slow = gatherIn(store);
    const [warm, spoiled] = [blockOf('no-cache', 1_000), blockOf('no-cache', 2_000)];
    store.add(
      [
        requestOf(900, 99),
        requestOf(1_010, 7),
        requestOf(1_020, 8, { replica: '7_1-2' }),
        requestOf(1_030, 97, { replica: '7_2-1' }),
        requestOf(1_040, 96, { kind: 'internal', name: 'cache.refresh photo' }),
        requestOf(2_010, 98),
      ],
      0,
    );
    slow.blocksEnded([warm]);
    slow.blocksEnded([spoiled]);
    assert.deepEqual(durationsOf(slow.slowestOf([warm])), [8, 7]);
    assert.equal(slow.slowestOf([warm])[0]?.block, warm);
    assert.deepEqual(slow.slowestOf([]), []);
  });

  it('are found although their spans come when the block has ended', () => {
    const store = createTraceStore(roomy);
    const slow = gatherIn(store);
    const [first, second] = [blockOf('no-cache', 1_000), blockOf('no-cache′', 2_000)];
    slow.blocksEnded([first]);
    store.add([requestOf(1_010, 5)], 0);
    slow.blocksEnded([second]);
    store.add([requestOf(2_010, 6, { replica: '7_2-1' })], 0);
    assert.deepEqual(durationsOf(slow.slowestOf([first, second])), [6, 5]);
  });

  it('are told apart by world where all blocks of a round end at once', () => {
    const store = createTraceStore(roomy);
    const slow = gatherIn(store);
    const [first, control] = [blockOf('no-cache', 1_000), blockOf('no-cache′', 1_000)];
    slow.blocksEnded([first, control]);
    store.add([requestOf(1_010, 5), requestOf(1_020, 9, { replica: '7_2-1' })], 0);
    slow.blocksEnded([blockOf('no-cache', 2_000), blockOf('no-cache′', 2_000)]);
    assert.deepEqual(durationsOf(slow.slowestOf([first])), [5]);
    assert.deepEqual(durationsOf(slow.slowestOf([control])), [9]);
    assert.deepEqual(durationsOf(slow.slowestOf([first, control])), [9, 5]);
  });

  it('stay when the store has forgotten them', () => {
    const store = createTraceStore(50_000);
    const slow = gatherIn(store);
    const blocks = Array.from({ length: 20 }, (_, round) => blockOf('no-cache', 1_000 * round));
    for (const [round, block] of blocks.entries()) {
      store.add(
        Array.from({ length: 20 }, (_, index) => requestOf(1_000 * round + index, 100 - round - index / 100)),
        0,
      );
      slow.blocksEnded([block]);
    }
    assert.deepEqual(durationsOf(slow.slowestOf(blocks)), [100, 99.99]);
    assert.equal(slow.isCut(), false);
  });

  it('say so when a block was too long for the store', () => {
    const store = createTraceStore(10_000);
    const slow = gatherIn(store);
    const block = blockOf('no-cache', 1_000);
    store.add(
      Array.from({ length: 100 }, (_, index) => requestOf(1_000 + index, 1)),
      0,
    );
    slow.blocksEnded([block]);
    assert.ok(slow.slowestOf([block]).length > 0);
    assert.equal(slow.isCut(), true);
  });

  it('are none of a block in which nothing was answered', () => {
    const slow = gatherIn(createTraceStore(roomy));
    const block = { candidate: 'no-cache', measured: null };
    slow.blocksEnded([block]);
    assert.deepEqual(slow.slowestOf([block]), []);
  });
});
