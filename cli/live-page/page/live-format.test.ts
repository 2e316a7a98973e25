import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Unit } from './live-facts.ts';
import { clockTime, formatTick, formatValue, nameOfRound } from './live-format.ts';

const units: readonly Unit[] = ['per-second', 'seconds', 'share', 'ratio'];

describe('a value in words', () => {
  it('is n/a where there is none, and 0 where it is 0', () => {
    for (const unit of units) {
      assert.equal(formatValue(unit, null), 'n/a');
      assert.equal(formatValue(unit, undefined), 'n/a');
      assert.match(formatValue(unit, 0), /^0/);
    }
  });

  it('has its unit', () => {
    assert.equal(formatValue('seconds', 0.00123), '1.23 ms');
    assert.equal(formatValue('seconds', 0.0546), '54.6 ms');
    assert.equal(formatValue('seconds', 2), '2.00 s');
    assert.equal(formatValue('share', 0.9283), '92.8 %');
    assert.equal(formatValue('per-second', 4.26), '4.3 /s');
    assert.equal(formatValue('per-second', 65.6), '66 /s');
    assert.equal(formatValue('ratio', 0.987), '0.99');
  });

  it('is round on an axis', () => {
    assert.deepEqual(
      units.map((unit) => formatTick(unit, 0.1 + 0.2)),
      ['0.3 /s', '300 ms', '30 %', '0.3'],
    );
    assert.equal(formatTick('seconds', 2.5), '2.5 s');
  });
});

describe('a time of day', () => {
  it('is as wide at any hour', () => {
    for (const hour of [0, 7, 12, 23])
      assert.match(clockTime(1_800_000_000 + hour * 3_600), /^\d\d.\d\d.\d\d$/u);
  });
});

it('says of a round its number, and of round 0 what it is', () => {
  assert.deepEqual([0, 1, 12].map(nameOfRound), ['shake-down', 'round 1', 'round 12']);
});
