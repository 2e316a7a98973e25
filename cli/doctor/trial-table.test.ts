import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsMax } from '../report/text-columns.ts';
import type { Trial } from '../stack/trial.ts';
import { renderTrials } from './trial-table.ts';

const trials: readonly Trial[] = [
  { part: 'Node', tried: 'read its version', result: 'ok', said: 'v26', remedy: '' },
  {
    part: 'PostgreSQL',
    tried: 'connect',
    result: 'failed',
    said: `the server said a lot, ${'word '.repeat(30)}and this`,
    remedy: 'Mend it.',
  },
  { part: 'PostgreSQL', tried: 'create a database', result: 'not tried', said: '', remedy: '' },
];

test('a trial is a row: its part once, what was tried, the result, the words and below them the remedy', () => {
  const lines = renderTrials(trials).trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^part +tried +result +what it said$/);
  assert.match(lines[1] ?? '', /^Node +read its version +ok +v26$/);
  assert.match(lines[2] ?? '', /^PostgreSQL +connect +failed +the server said a lot,/);
  assert.match(lines.at(-3) ?? '', /and this$/);
  assert.match(lines.at(-2) ?? '', /^ +→ Mend it\.$/);
  assert.match(lines.at(-1) ?? '', /^ +create a database +not tried$/);
  assert.ok(lines.every((line) => line.length <= columnsMax));
});
