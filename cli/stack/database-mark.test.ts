import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatMark,
  lifeKeyOf,
  lockKeyOf,
  markOf,
  markedConnectionLimit,
  seedingKeyOf,
  templateKeyOf,
} from './database-mark.ts';

const run = '0123456789ab';
const mark = {
  kind: 'template',
  run,
  owner: 'somebody',
  contents: 'a_1',
  usedAt: '2026-01-01T00:00:00.000Z',
};
const listed = (name: string, comment: string | null, connectionLimit = -1) => ({
  name,
  comment,
  connectionLimit,
});

test('a database is ours by its comment, whatever its name', () => {
  assert.deepEqual(markOf(listed('renamed', formatMark(mark))), mark);
  assert.equal(markOf(listed(`darkroom_world_${run}_1`, null)), null);
});

test('comments that others write make nothing ours', () => {
  const signature = formatMark(mark).replace(/\{.*$/, '');
  const others = [
    'darkroom',
    JSON.stringify(mark),
    `The database of ${formatMark(mark)}`,
    `${signature}not JSON`,
    `${signature}null`,
    `${signature}{"kind":"world","run":"12","owner":"a short id"}`,
    `${signature}{"kind":1,"run":"${run}","owner":"no kind"}`,
  ];
  for (const comment of others)
    assert.equal(markOf(listed(`darkroom_world_${run}_1`, comment, markedConnectionLimit)), null, comment);
});

test('one that was made and not commented on yet is known by its bound, and by the run in its name', () => {
  const half = markOf(listed(`darkroom_world_${run}_1`, null, markedConnectionLimit));
  assert.deepEqual([half?.kind, half?.run], ['draft', run]);
  assert.equal(markOf(listed('darkroom_world_12_1', null, markedConnectionLimit)), null);
  assert.equal(markOf(listed(`darkroom_world_${run}_1`, null, markedConnectionLimit + 1)), null);
});

test('a template is locked by itself, all else by its run; keys of different kinds never meet', () => {
  assert.equal(lockKeyOf({ name: 'x', mark }), templateKeyOf('x'));
  assert.equal(lockKeyOf({ name: 'x', mark: { ...mark, kind: 'draft' } }), lifeKeyOf(run));
  const keys = [lifeKeyOf('f'.repeat(12)), seedingKeyOf('x'), templateKeyOf('x')];
  assert.deepEqual(
    keys.map((key) => BigInt(key) >> 48n),
    [0x4452n, 0x4453n, 0x4454n],
  );
});
