import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFrequencySketch } from './frequency-sketch.ts';
import type { FrequencySketch } from './frequency-sketch.ts';
import { textKeys } from './key-kinds.ts';

/** It is made for so many keys, and halves after ten times as many touches. */
const firstKeys = 1_024;

function touchTimes(sketch: FrequencySketch<string>, key: string, times: number): void {
  for (let touched = 0; touched < times; touched += 1) sketch.touch(key);
}

describe('frequency sketch', () => {
  test('counts a key up to 15, and one it has not seen not at all', () => {
    const sketch = createFrequencySketch(textKeys.hash);
    touchTimes(sketch, 'photo:1', 3);
    touchTimes(sketch, 'photo:2', 40);
    assert.deepEqual(['photo:1', 'photo:2', 'photo:3'].map(sketch.estimate), [3, 15, 0]);
  });

  test('never counts too little, and hardly ever too much', () => {
    const sketch = createFrequencySketch(textKeys.hash);
    const keys = Array.from({ length: firstKeys }, (_, id) => `photo:${id}`);
    const timesOf = (id: number) => 1 + (id % 9);
    for (const [id, key] of keys.entries()) touchTimes(sketch, key, timesOf(id));
    const excess = keys.map((key, id) => sketch.estimate(key) - timesOf(id));
    assert.ok(Math.min(...excess) >= 0);
    assert.ok(excess.filter((more) => more > 0).length < firstKeys / 20);
  });

  test('halves all counts after ten touches per key, and then after five more', () => {
    const sketch = createFrequencySketch(textKeys.hash);
    touchTimes(sketch, 'photo:old', 12);
    touchTimes(sketch, 'photo:once', 1);
    touchTimes(sketch, 'photo:hot', 10 * firstKeys - 14);
    assert.deepEqual(['photo:old', 'photo:hot', 'photo:once'].map(sketch.estimate), [12, 15, 1]);
    sketch.touch('photo:hot');
    assert.deepEqual(['photo:old', 'photo:hot', 'photo:once'].map(sketch.estimate), [6, 7, 0]);
    touchTimes(sketch, 'photo:hot', 5 * firstKeys - 1);
    assert.deepEqual(['photo:old', 'photo:hot'].map(sketch.estimate), [6, 15]);
    sketch.touch('photo:hot');
    assert.deepEqual(['photo:old', 'photo:hot'].map(sketch.estimate), [3, 7]);
  });

  test('keeps its counts when it is made wider', () => {
    const sketch = createFrequencySketch(textKeys.hash);
    const keys = Array.from({ length: 100 }, (_, id) => `photo:${id}`);
    for (const [id, key] of keys.entries()) touchTimes(sketch, key, id % 16);
    const before = keys.map(sketch.estimate);
    sketch.widenTo(5_000);
    assert.deepEqual(keys.map(sketch.estimate), before);
    sketch.touch('photo:5');
    assert.equal(sketch.estimate('photo:5'), 6);
  });
});
