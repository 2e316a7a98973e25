import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createChangeReaders } from '../../tests/support/change-readers.ts';
import type { ChangeReaders } from '../../tests/support/change-readers.ts';
import { createCuttableLink } from '../../tests/support/cuttable-link.ts';
import { createSuddenLink } from '../../tests/support/sudden-link.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';

let readers: ChangeReaders;

before(async () => {
  readers = await createChangeReaders();
});
after(() => readers.close());

describe('a reader of a slot', () => {
  test('what could not be acted on is told again', async (t) => {
    const reader = await readers.started(t);
    reader.accepts = () => false;
    const wanted = await readers.like();
    await reader.hearsAfter(0, wanted);
    await reader.hearsAfter(0, 'disconnected');
    reader.accepts = () => true;
    await reader.hearsAfter(reader.heard.length, wanted);
  });

  test('a listener that throws is told again', async (t) => {
    const reader = await readers.started(t);
    reader.accepts = () => {
      throw new TypeError('not now');
    };
    const wanted = await readers.like();
    await reader.hearsAfter(0, 'disconnected');
    reader.accepts = () => true;
    await reader.hearsAfter(reader.heard.length, wanted);
    assert.match(reader.reasons[0] ?? '', /not now/);
  });

  test('a commit right behind one that was confirmed is told again when it could not be acted on', async (t) => {
    const reader = await readers.started(t);
    const { storage } = readers;
    const other = await readers.connect();
    t.after(() => other.end());
    await storage.query('BEGIN');
    await storage.query('UPDATE users SET followers_version = 100 WHERE id = 1');
    await other.query('BEGIN');
    await other.query('UPDATE users SET followers_version = 200 WHERE id = 2');
    const firstIsConfirmed = Promise.withResolvers<void>();
    reader.accepts = async (change) => {
      if (change !== 'followers:2 v200') return true;
      await firstIsConfirmed.promise;
      return false;
    };
    await storage.query('COMMIT');
    const { rows } = await storage.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
    await other.query('COMMIT');
    await readers.confirmedUpTo(reader.slotName, rows[0]?.lsn);
    firstIsConfirmed.resolve();
    await reader.hearsAfter(0, 'disconnected');
    reader.accepts = () => true;
    await reader.hearsAfter(reader.heard.length, 'followers:2 v200');
  });

  test('a transaction that was open when all was confirmed is heard though it commits without a reader', async (t) => {
    const first = await readers.started(t);
    const writer = await readers.connect();
    t.after(() => writer.end());
    await writer.query('BEGIN');
    const wanted = await readers.like(writer);
    await readers.confirmedByNow(first.slotName);
    await first.stream.stop();
    await writer.query('COMMIT');
    const second = await readers.started(t, first);
    await second.hearsAfter(0, wanted);
  });

  test('the server hears of its reader within the first transaction, however long that is', async (t) => {
    const first = await readers.started(t);
    await first.stream.stop();
    const before = await readers.confirmed(first.slotName);
    await readers.like();
    const second = readers.reader(t, first);
    second.accepts = async () => {
      await waitUntil(async () => (await readers.confirmed(first.slotName)) !== before);
      return true;
    };
    await second.stream.start();
    await second.hearsAfter(0, 'resumed');
    assert.ok(!second.heard.includes('disconnected'), String(second.reasons));
  });

  test('nothing is kept for a reader of what does not concern it', async (t) => {
    const { slotName } = await readers.started(t);
    await readers.storage.query('CREATE TABLE others AS SELECT generate_series(1, 10000)');
    await readers.confirmedByNow(slotName);
  });

  test('a connection that falls silent counts as lost, and nothing is missing afterwards', async (t) => {
    const link = await createCuttableLink(readers.url);
    t.after(link.close);
    const reader = await readers.started(t, { url: link.url, beatMs: 50 });
    link.freeze();
    const wanted = await readers.like();
    await reader.hearsAfter(0, 'disconnected');
    assert.match(reader.reasons[0] ?? '', /silent/);
    const from = reader.heard.length;
    await link.mend();
    await reader.hearsAfter(from, wanted);
    await reader.hearsAfter(from, 'resumed');
  });

  test('a connection that is cut in the moment in which it is there counts as lost', async (t) => {
    const link = await createSuddenLink(readers.url, 'replication');
    t.after(link.close);
    const reader = readers.reader(t, { url: link.url });
    await reader.stream.start();
    await waitUntil(() => reader.reasons.length > 0);
    link.mend();
    await reader.hearsAfter(0, 'resumed');
  });

  test('a reader stops though its server does not answer, and lets go of the slot', async (t) => {
    const link = await createCuttableLink(readers.url);
    t.after(link.close);
    const reader = await readers.started(t, { url: link.url });
    link.freeze();
    await reader.stream.stop();
    await link.mend();
    await waitUntil(async () => {
      const { rowCount } = await readers.storage.query(
        'SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND NOT active',
        [reader.slotName],
      );
      return rowCount === 1;
    });
  });
});
