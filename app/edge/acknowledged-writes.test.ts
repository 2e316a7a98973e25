import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAcknowledgedWrites } from './acknowledged-writes.ts';

test('a page is outdated since the first acknowledged write that it does not show', () => {
  const writes = createAcknowledgedWrites();
  assert.equal(writes.outdatedForMs('photo-1', 1, 0), null);
  writes.acknowledged('photo-1', 2, 100);
  writes.acknowledged('photo-1', 3, 200);
  assert.equal(writes.outdatedForMs('photo-1', 3, 300), null);
  assert.equal(writes.outdatedForMs('photo-1', 2, 300), 100);
  assert.equal(writes.outdatedForMs('photo-1', 1, 300), 200);
  assert.equal(writes.outdatedForMs('photo-1', 1, 150), 50, 'the second was not acknowledged yet');
  assert.equal(writes.outdatedForMs('photo-1', 1, 100), null, 'it was asked for beside the first');
  assert.equal(writes.outdatedForMs('photo-2', 1, 300), null);
});

test('what is deleted is outdated in every version', () => {
  const writes = createAcknowledgedWrites();
  writes.acknowledged('photo-1', Number.POSITIVE_INFINITY, 100);
  assert.equal(writes.outdatedForMs('photo-1', 1_000_000, 130), 30);
});

test('it remembers what was written of late, within bounds', () => {
  const writes = createAcknowledgedWrites();
  for (let id = 0; id < 20_001; id += 1) writes.acknowledged(`photo-${id}`, 2, id);
  assert.equal(writes.outdatedForMs('photo-0', 1, 99_999), null);
  assert.equal(writes.outdatedForMs('photo-1', 1, 99_999), 99_998);
  for (let version = 2; version < 100; version += 1)
    writes.acknowledged('photo-1', version, 50_000 + version);
  assert.equal(writes.outdatedForMs('photo-1', 98, 50_100), 1);
  assert.equal(writes.outdatedForMs('photo-1', 1, 50_100), 16);
});
