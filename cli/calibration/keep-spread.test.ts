import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { madeUpIdentical, madeUpMachine } from '../../tests/support/made-up-calibration.ts';
import { readCalibrated } from '../statistics/process-spread.ts';
import { calibratedFrom, keepSpread, spreadOfOdd } from './keep-spread.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-spread-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const halves = { roundSd: 0.02, processSd: 0.01 };
const odd = (count: number) =>
  Array.from({ length: count }, (_, index) => madeUpIdentical(index, { ...halves, half: 'odd' }));
/** Starts that differ by far more, to be seen if they were counted. */
const even = Array.from({ length: 9 }, (_, index) =>
  madeUpIdentical(100 + index, { roundSd: 0.02, processSd: 0.5, half: 'even' }),
);

describe('what compare is to know of a kind of machine', () => {
  it('comes from the odd starts alone', () => {
    const calibrated = calibratedFrom([...odd(12), ...even], madeUpMachine);
    assert.ok(calibrated !== null);
    assert.deepEqual([calibrated.cpu, calibrated.cores], [madeUpMachine.cpu, madeUpMachine.cores]);
    const estimate = spreadOfOdd([...odd(12), ...even], 'request');
    assert.equal(estimate?.starts, 12);
    assert.equal(calibrated.latency.sd, Number(estimate?.sd.toPrecision(3)));
    assert.ok(calibrated.latency.sd < 0.02);
    assert.ok(Number.isInteger(calibrated.latency.df) && calibrated.latency.df >= 1);
  });

  it('is nothing while few starts were measured', () => {
    assert.equal(calibratedFrom([], madeUpMachine), null);
    assert.equal(calibratedFrom(even, madeUpMachine), null);
    assert.equal(calibratedFrom([...odd(3), ...even], madeUpMachine), null);
    assert.notEqual(calibratedFrom(odd(4), madeUpMachine), null);
  });

  it('is kept beside what is known of other machines, and replaces what was known of this one', () => {
    const file = join(folder, 'process-spread.json');
    writeFileSync(file, '[]\n');
    const spread = { latency: { sd: 0.01, df: 20 }, cpuPerRequest: { sd: 0.02, df: 21 } };
    const newer = { latency: { sd: 0.005, df: 30 }, cpuPerRequest: { sd: 0.02, df: 31 } };
    keepSpread(file, { ...madeUpMachine, ...spread });
    keepSpread(file, { ...madeUpMachine, cores: 8, ...spread });
    keepSpread(file, { ...madeUpMachine, ...newer });
    assert.deepEqual(readCalibrated(file), [
      { ...madeUpMachine, cores: 8, ...spread },
      { ...madeUpMachine, ...newer },
    ]);
  });
});
