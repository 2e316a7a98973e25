import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processSpreadOf, readCalibrated } from './process-spread.ts';

const calibrated = [
  { cpu: 'a', cores: 2, latency: { sd: 0.006, df: 40 }, cpuPerRequest: { sd: 0.02, df: 41 } },
  { cpu: 'a', cores: 4, latency: { sd: 0.004, df: 30 }, cpuPerRequest: { sd: 0.01, df: 31 } },
];

test('a calibrated kind of machine has its own spread, by its model and its cores', () => {
  const two = processSpreadOf('latency', { cpu: 'a', cores: 2 }, 3, calibrated);
  assert.deepEqual(two, { sd: 0.006, df: 40, parts: 3 });
  const four = processSpreadOf('cpuPerRequest', { cpu: 'a', cores: 4 }, 1, calibrated);
  assert.deepEqual(four, { sd: 0.01, df: 31, parts: 1 });
});

test('any other kind has the spread that was measured first', () => {
  for (const machine of [
    { cpu: 'b', cores: 2 },
    { cpu: 'a', cores: 8 },
  ]) {
    const spread = processSpreadOf('latency', machine, 1, calibrated);
    assert.deepEqual(spread, { sd: 0.012, df: 15, parts: 1 });
  }
});

test('what is counted does not depend on processes', () => {
  assert.equal(processSpreadOf('counted', { cpu: 'a', cores: 2 }, 1, calibrated).sd, 0);
});

test('the kept calibration can be read, and one that makes no sense is refused', (t) => {
  assert.ok(Array.isArray(readCalibrated()));
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-spread-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'spread.json');
  writeFileSync(file, JSON.stringify([{ cpu: 'a', cores: 2, latency: { sd: -1, df: 3 } }]));
  assert.throws(() => readCalibrated(file), /does not hold what a calibration writes/);
});
