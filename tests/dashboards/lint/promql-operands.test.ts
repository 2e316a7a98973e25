import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alertGroups } from '../../../dashboards/rules/rule-files.ts';
import { timings } from '../../../dashboards/rules/timing.ts';
import { operandsOf } from './promql-operands.ts';
import { complainOfQuery } from './promql-names.ts';

describe('what an alert compares', () => {
  it('is what stands on both sides of its comparisons', () => {
    assert.deepEqual(operandsOf('up == 0'), ['up']);
    assert.deepEqual(
      operandsOf('(a > 0 or b > 2 * (b offset 1h)) and c >= bool 1 unless max_over_time(d[5m]) > 0.5'),
      ['a', 'b', '2 * (b offset 1h)', 'c', 'max_over_time(d[5m])'],
    );
  });

  it('is the whole of what is not compared, with the comparisons inside of it', () => {
    assert.deepEqual(operandsOf('absent(a)'), ['absent(a)']);
    assert.deepEqual(operandsOf('sum(a unless on (x) (b < 3)) > 0'), ['sum(a unless on (x) (b < 3))']);
  });

  it('is said once', () => {
    assert.deepEqual(operandsOf('a > 1 and a < 2'), ['a']);
  });

  it('is not guessed where the grammar reads another thing than Prometheus', () => {
    assert.throws(() => operandsOf('a < a offset 1h'), RangeError);
    assert.throws(() => operandsOf('a <'), RangeError);
    assert.deepEqual(operandsOf('a < (a offset 1h)'), ['a', '(a offset 1h)']);
  });

  it('is a query of its own for every alert', () => {
    for (const { expr } of timings.flatMap(alertGroups).flatMap(({ rules }) => rules)) {
      const operands = operandsOf(expr);
      assert.ok(operands.length > 0, expr);
      for (const operand of operands) assert.deepEqual(complainOfQuery(operand), [], operand);
    }
  });
});
