import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../cli/errors.ts';
import { readNumbers } from './command-numbers.ts';

const names = ['seeds', 'variant'] as const;

test('numbers are read, and what was left out is as usual', () => {
  const numberOf = readNumbers(['--seeds', '7'], names);
  assert.deepEqual([numberOf('seeds', 1, 100, 10), numberOf('variant', 1, 3, 0)], [7, 0]);
});

test('what is no whole number within its bounds is refused with them', () => {
  for (const text of ['x', '', '0', '101', '1.5', '1e1', 'Infinity', '-1'])
    assert.throws(() => readNumbers([`--seeds=${text}`], names)('seeds', 1, 100, 10), {
      reason: 'usage',
      message: '--seeds takes a whole number from 1 to 100.',
    });
  const reason = { reason: 'usage', message: /takes --seeds, --variant/ };
  assert.throws(() => readNumbers(['--other', '1'], names), reason);
  assert.throws(() => readNumbers(['more'], names), reason);
});

test('the commands of the gateway end with the status of a wrong call before they start anything', () => {
  for (const [command, argument] of [
    ['gateway-simulation', '--variant=99'],
    ['gateway-trials', '--gateways=1'],
  ] as const) {
    const main = join(import.meta.dirname, '..', command, 'main.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, argument], { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [exitCodes.usage, '']);
    assert.match(stderr, /^--\w+ takes a whole number from [12] to \d+\.\n$/);
  }
});
