import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createChangeReaders } from '../../tests/support/change-readers.ts';
import type { ChangeReaders } from '../../tests/support/change-readers.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { rowKeys } from '../contract/entities.ts';
import { createChangeStream } from './logical-replication.ts';
import { migrate } from './migrate.ts';
import { createSlotAdmin } from './replication-slot.ts';

let readers: ChangeReaders;

before(async () => {
  readers = await createChangeReaders();
});
after(() => readers.close());

const raise = (column: string, id: number) =>
  readers.storage.query(`UPDATE users SET ${column} = ${column} + 1 WHERE id = $1`, [id]);

describe('the change stream of PostgreSQL', () => {
  beforeEach(async () => {
    await readers.like();
  });

  test('a new slot says that what came before is not known, then that it hears', async (t) => {
    const { heard } = await readers.started(t);
    assert.deepEqual(heard, ['loss-noticed', 'resumed']);
  });

  test('commits come as keys with versions, in their order; what is rolled back does not', async (t) => {
    const { heard } = await readers.started(t);
    await readers.storage.query('BEGIN');
    await readers.like();
    await readers.storage.query('ROLLBACK');
    const wanted = await readers.like();
    await raise('followers_version', 2);
    await waitUntil(() => heard.some((one) => one.startsWith('followers:2')));
    const keys = heard.filter((one) => /^(photo:1|followers:2)/.test(one));
    assert.equal(keys[0], wanted);
    assert.match(keys[1] ?? '', /^followers:2 v/);
    assert.equal(keys.length, 2);
  });

  test('a row says only what is new of it', async (t) => {
    const reader = await readers.started(t);
    await readers.like();
    await reader.hearsAfter(0, await readers.like());
    assert.equal(reader.heard.filter((one) => one.startsWith('comments:1')).length, 1);
  });

  test('a row that is removed, or gets another id, is told by its old id', async (t) => {
    const reader = await readers.started(t);
    const { rows } = await readers.storage.query<{ id: number }>(
      "INSERT INTO users (name) VALUES ('old') RETURNING id",
    );
    const id = rows[0]?.id ?? 0;
    const { heard } = reader;
    const told = (key: string, from: number) =>
      waitUntil(() => heard.slice(from).some((one) => one.startsWith(key)));
    await told(`followers:${id} v1`, 0);
    let from = heard.length;
    await readers.storage.query('UPDATE users SET id = 1000000 WHERE id = $1', [id]);
    await told(`followers:${id} v`, from);
    await told('profile_grid:1000000 v1', from);
    from = heard.length;
    await readers.storage.query('DELETE FROM users WHERE id = 1000000');
    await told('followers:1000000 v', from);
    await told('profile_grid:1000000 v', from);
  });

  test('a table that is emptied is a loss that is noticed', async (t) => {
    const reader = await readers.started(t);
    const writer = await readers.connect();
    t.after(() => writer.end());
    await writer.query('BEGIN');
    await writer.query('CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM photos');
    await writer.query('TRUNCATE photos CASCADE');
    await writer.query('INSERT INTO photos SELECT * FROM kept');
    await writer.query('COMMIT');
    await reader.hearsAfter(2, 'loss-noticed');
  });

  test('of a large transaction all comes, and no more than a part of it is acted on at once', async (t) => {
    const reader = await readers.started(t);
    let underWay = 0;
    let mostUnderWay = 0;
    reader.accepts = async () => {
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return true;
    };
    await readers.storage.query("INSERT INTO users (name) SELECT 'many' FROM generate_series(1, 5000)");
    await waitUntil(() => reader.heard.filter((one) => one.startsWith('followers:')).length === 5_000);
    assert.ok(mostUnderWay <= 1_001, `${mostUnderWay} at once`);
  });

  test('a lost connection is said once, and what was committed meanwhile is told before the stream has resumed', async (t) => {
    const { heard, reasons, slotName } = await readers.started(t);
    await readers.storage.query(
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
      [slotName],
    );
    await waitUntil(() => heard.includes('disconnected'));
    const wanted = await readers.like();
    await waitUntil(() => heard.lastIndexOf('resumed') > heard.indexOf('disconnected'));
    await waitUntil(() => heard.includes(wanted));
    assert.deepEqual(
      heard.filter((one) => !one.includes(' v')),
      ['loss-noticed', 'resumed', 'disconnected', 'resumed'],
    );
    assert.match(reasons[0] ?? '', /^DarkroomError: The change stream ended: /);
  });

  test('a reader that was away hears what it has missed before it is back', async (t) => {
    const first = await readers.started(t);
    await first.stream.stop();
    const wanted = await readers.like();
    const { heard } = await readers.started(t, first);
    assert.ok(
      heard.indexOf(wanted) !== -1 && heard.indexOf(wanted) < heard.indexOf('resumed'),
      String(heard),
    );
    assert.ok(!heard.includes('loss-noticed'));
  });

  test('a slot that another connection still holds is waited for', async (t) => {
    const first = await readers.started(t);
    const second = readers.reader(t, first);
    await second.stream.start();
    assert.deepEqual(second.heard, ['disconnected']);
    assert.match(second.reasons[0] ?? '', /is active for PID/);
    await first.stream.stop();
    await second.hearsAfter(0, 'resumed');
    assert.ok(!second.heard.includes('loss-noticed'));
  });

  test('two readers both hear everything', async (t) => {
    const both = [await readers.started(t), await readers.started(t)];
    const wanted = [await readers.like(), await readers.like()];
    for (const one of wanted) for (const reader of both) await reader.hearsAfter(0, one);
  });

  test('a slot that is gone is a loss that is noticed', async (t) => {
    const first = await readers.started(t);
    await first.stream.stop();
    const { drop, ensure } = createSlotAdmin(readers.url, first.slotName);
    await waitUntil(async () => {
      await drop();
      return ensure();
    });
    await drop();
    const second = await readers.started(t, first);
    assert.deepEqual(second.heard, ['loss-noticed', 'resumed']);
  });

  test('a database that is read can be dropped as soon as its readers have stopped', async () => {
    const other = await createTestDatabase();
    await migrate(other.url);
    const stream = createChangeStream({
      databaseUrl: other.url,
      slotName: `darkroom_test_dropped_${process.pid}_${Date.now()}`,
      rowKeys,
      runInBackground: (_, task) => void task.catch(assert.fail),
      listener: { onChange: async () => true, onDelivery: () => {} },
    });
    await stream.start();
    await stream.stop();
    await other.drop();
  });

  test('a server that is not there is waited for', async (t) => {
    const { stream, heard, reasons } = readers.reader(t, { url: 'postgres://nobody@127.0.0.1:1/nothing' });
    await stream.start();
    assert.deepEqual(heard, ['disconnected']);
    assert.match(reasons[0] ?? '', /ECONNREFUSED/);
  });
});
