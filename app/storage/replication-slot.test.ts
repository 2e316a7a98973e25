import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createChangeReaders } from '../../tests/support/change-readers.ts';
import type { ChangeReaders } from '../../tests/support/change-readers.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createSlotAdmin, isOwnSlotName, slotNameOf } from './replication-slot.ts';

let readers: ChangeReaders;
before(async () => {
  readers = await createChangeReaders();
});
after(() => readers.close());

const slots = async () =>
  (
    await readers.storage.query<{ name: string }>(
      'SELECT slot_name AS name FROM pg_replication_slots WHERE database = current_database() ORDER BY 1',
    )
  ).rows.map(({ name }) => name);

test('names of slots are short enough, differ by replica, and are known as ours by their last digits', () => {
  const names = ['r1', 'R1', 'a-replica-with-a-name-that-has-no-end-at-all-1', 'a-b', 'a_b'].map((replica) =>
    slotNameOf(readers.url, replica),
  );
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    assert.match(name, /^[a-z0-9_]{1,63}$/);
    assert.equal(isOwnSlotName(name), true);
  }
  const [name = ''] = names;
  for (const other of [
    name.slice(0, -1),
    name.replace('r1', 'r2'),
    'darkroom_r1_38e3970ce4be5b44',
    'darkroom_',
  ])
    assert.equal(isOwnSlotName(other), false, other);
});

test('slots of ours that nobody reads any more are dropped: not those that are read, or not ours', async (t) => {
  const [dead, own] = ['dead', 'own'].map((replica) => slotNameOf(readers.url, replica)) as [string, string];
  const theirs = 'darkroom_of_somebody_else';
  for (const name of [dead, theirs])
    await readers.storage.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [name]);
  const read = await readers.started(t, { slotName: slotNameOf(readers.url, 'read') });
  const slot = createSlotAdmin(readers.url, own);
  await slot.ensure();
  assert.deepEqual(await slot.dropAbandoned(3_600_000), []);
  const found = await Promise.all([slot.dropAbandoned(0), slot.dropAbandoned(0)]);
  assert.deepEqual(found.flat(), [dead]);
  assert.deepEqual(await slots(), [theirs, own, read.slotName].toSorted());
  // Whoever comes back all the same is told that it does not know.
  assert.equal(await createSlotAdmin(readers.url, dead).ensure(), true);
  await readers.storage.query('SELECT pg_drop_replication_slot($1)', [theirs]);
});

test('no slot is made in a database that publishes nothing: it would hold the log for nobody', async (t) => {
  const empty = await createTestDatabase();
  t.after(empty.drop);
  const name = slotNameOf(empty.url, 'r1');
  await assert.rejects(createSlotAdmin(empty.url, name).ensure(), { code: 'STORAGE_NOT_OURS' });
  const found = await readers.storage.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [name]);
  assert.equal(found.rowCount, 0);
  const reader = readers.reader(t, { url: empty.url, slotName: name });
  await reader.stream.start();
  await waitUntil(() => reader.reasons.some((reason) => reason.includes('publishes no darkroom_changes')));
});
