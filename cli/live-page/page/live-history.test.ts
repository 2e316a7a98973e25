import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LiveUpdate } from './live-facts.ts';
import { createHistory, latestOf } from './live-history.ts';

/** An update of one line, whose values are of the seconds from `from` on. */
function updateOf(from: number, values: readonly (number | null)[], label = 'answered'): LiveUpdate {
  return {
    from,
    to: from + values.length - 1,
    charts: { requests: [{ label, candidate: 'versioned', values }] },
    events: [],
    rounds: [],
    figures: [],
    alerts: [],
  };
}

describe('the history of the live page', () => {
  it('has no time and no value before the first update', () => {
    const history = createHistory(10);
    assert.equal(history.last(), 0);
    assert.deepEqual(history.column('requests', 'versioned', 'answered'), []);
  });

  it('takes what is new of updates that overlap', () => {
    const history = createHistory(10);
    history.add(updateOf(100, [1, 2, 3]));
    history.add(updateOf(102, [30, 4]));
    history.add(updateOf(101, [20, 30]));
    assert.deepEqual(history.times(), [100, 101, 102, 103]);
    assert.deepEqual(history.column('requests', 'versioned', 'answered'), [1, 2, 3, 4]);
  });

  it('keeps so many seconds and no more', () => {
    const history = createHistory(5);
    for (let second = 1; second <= 40; second += 1) history.add(updateOf(second, [second]));
    assert.deepEqual(history.times(), [36, 37, 38, 39, 40]);
    assert.deepEqual(history.column('requests', 'versioned', 'answered'), [36, 37, 38, 39, 40]);
  });

  it('has gaps where a line was not there, and never a 0', () => {
    const history = createHistory(10);
    history.add(updateOf(1, [7, 7]));
    history.add(updateOf(3, [8], 'failed'));
    history.add(updateOf(4, [9]));
    assert.deepEqual(history.column('requests', 'versioned', 'answered'), [7, 7, null, 9]);
    assert.deepEqual(history.column('requests', 'versioned', 'failed'), [null, null, 8, null]);
    assert.deepEqual(history.column('requests', 'nobody', 'failed'), [null, null, null, null]);
  });

  it('begins with the first figure', () => {
    const history = createHistory(10);
    history.add(updateOf(1, [null, null, 3, null]));
    assert.deepEqual(history.times(), [3, 4]);
    history.add(updateOf(5, [null]));
    assert.deepEqual(history.times(), [3, 4, 5]);
  });

  it('starts afresh when it has missed more than it keeps', () => {
    const history = createHistory(3);
    history.add(updateOf(1, [1, 1, 1]));
    history.add(updateOf(90, [9, 9, 9]));
    assert.deepEqual(history.times(), [90, 91, 92]);
    assert.deepEqual(history.column('requests', 'versioned', 'answered'), [9, 9, 9]);
  });
});

describe('the present value', () => {
  it('is the last one that is known', () => assert.equal(latestOf([1, 2, null]), 2));
  it('is none when the last one is old', () =>
    assert.equal(latestOf([1, 2, null, null, null, null, null]), null));
  it('is none of nothing', () => assert.equal(latestOf([]), null));
});
