import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import pg from 'pg';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { rowKeys } from '../cached-entities.ts';
import { createChangeStream } from './logical-replication.ts';
import type { ChangeStream } from './logical-replication.ts';
import { migrate } from './migrate.ts';
import { createSlotAdmin } from './replication-slot.ts';

let database: TestDatabase;
let storage: pg.Client;
let slots = 0;

before(async () => {
  database = await createTestDatabase();
  await migrate(database.url);
  storage = new pg.Client({ connectionString: database.url });
  await storage.connect();
  await storage.query("INSERT INTO users (name) VALUES ('ada'), ('bob')");
  await storage.query(
    "INSERT INTO photos (owner_id, caption, digest, width_px, height_px) VALUES (1, 'c', repeat('0', 64), 1, 1)",
  );
});
after(async () => {
  await storage.end();
  await database.drop();
});

/** What a reader of a slot has heard, and how it answers. */
type Reader = {
  readonly stream: ChangeStream;
  readonly heard: string[];
  readonly slotName: string;
  accepts: boolean;
};

function createReader(slotName: string): Reader {
  const heard: string[] = [];
  const reader: Reader = {
    slotName,
    heard,
    accepts: true,
    stream: createChangeStream({
      databaseUrl: database.url,
      slotName,
      rowKeys,
      runInBackground: (_, task) => void task.catch((error: unknown) => heard.push(String(error))),
      listener: {
        async onChange(entityName, id, version) {
          heard.push(`${entityName}:${id} v${version}`);
          return reader.accepts;
        },
        onUnsure: (what) => void heard.push(what),
      },
    }),
  };
  return reader;
}

const newSlot = (): string => {
  slots += 1;
  return `darkroom_test_${process.pid}_${slots}_${Date.now()}`;
};

async function started(slotName = newSlot()): Promise<Reader> {
  const reader = createReader(slotName);
  await reader.stream.start();
  await waitUntil(() => reader.heard.includes('back'));
  return reader;
}

const like = () => storage.query('UPDATE photos SET version = version + 1 WHERE id = 1 RETURNING version');
const versionOf = async (): Promise<number> =>
  (await storage.query<{ version: number }>('SELECT version FROM photos WHERE id = 1')).rows[0]?.version ?? 0;
const drop = (slotName: string) => createSlotAdmin(database.url, slotName).drop();

async function stopAndDrop({ stream, slotName }: Reader): Promise<void> {
  await stream.stop();
  await waitUntil(async () => {
    await drop(slotName);
    const { rowCount } = await storage.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1', [
      slotName,
    ]);
    return rowCount === 0;
  });
}

describe('the change stream of PostgreSQL', () => {
  beforeEach(async () => {
    await storage.query('UPDATE photos SET version = version + 1');
  });

  test('a new slot says that what came before is not known, then that it hears', async () => {
    const reader = await started();
    assert.deepEqual(reader.heard, ['gap', 'back']);
    await stopAndDrop(reader);
  });

  test('commits come as keys with versions, in their order; what is rolled back does not', async () => {
    const reader = await started();
    await storage.query('BEGIN');
    await like();
    await storage.query('ROLLBACK');
    await like();
    const version = await versionOf();
    await storage.query('UPDATE users SET followers_version = followers_version + 1 WHERE id = 2');
    await waitUntil(() => reader.heard.some((one) => one.startsWith('followers:2')));
    const keys = reader.heard.filter((one) => /^(photo:1|followers:2)/.test(one));
    assert.equal(keys[0], `photo:1 v${version}`);
    assert.match(keys[1] ?? '', /^followers:2 v/);
    assert.equal(keys.length, 2);
    await stopAndDrop(reader);
  });

  test('a row says only what is new of it', async () => {
    const reader = await started();
    await like();
    await like();
    await waitUntil(async () => reader.heard.includes(`photo:1 v${await versionOf()}`));
    assert.equal(reader.heard.filter((one) => one.startsWith('comments:1')).length, 1);
    await stopAndDrop(reader);
  });

  test('a thousand rows in one transaction all come', async () => {
    const reader = await started();
    await storage.query("INSERT INTO users (name) SELECT 'many' FROM generate_series(1, 1000)");
    await waitUntil(() => reader.heard.filter((one) => one.startsWith('followers:')).length === 1_000);
    await stopAndDrop(reader);
  });

  test('a cut is said, and what was committed meanwhile comes afterwards', async () => {
    const reader = await started();
    await storage.query(
      'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1',
      [reader.slotName],
    );
    await like();
    await waitUntil(() => reader.heard.lastIndexOf('back') > reader.heard.indexOf('cut'));
    await waitUntil(async () => reader.heard.includes(`photo:1 v${await versionOf()}`));
    assert.ok(!reader.heard.slice(2).includes('gap'));
    await stopAndDrop(reader);
  });

  test('a reader that was away hears what it has missed', async () => {
    const first = await started();
    await first.stream.stop();
    await like();
    const version = await versionOf();
    const second = await started(first.slotName);
    await waitUntil(() => second.heard.includes(`photo:1 v${version}`));
    assert.ok(!second.heard.includes('gap'));
    await stopAndDrop(second);
  });

  test('what could not be acted on is told again', async () => {
    const reader = await started();
    reader.accepts = false;
    await like();
    const wanted = `photo:1 v${await versionOf()}`;
    await waitUntil(() => reader.heard.includes(wanted));
    await waitUntil(() => reader.heard.includes('cut'));
    reader.accepts = true;
    const before = reader.heard.length;
    await waitUntil(() => reader.heard.slice(before).includes(wanted));
    await stopAndDrop(reader);
  });

  test('two readers both hear everything', async () => {
    const readers = [await started(), await started()];
    await like();
    const wanted = `photo:1 v${await versionOf()}`;
    for (const { heard } of readers) await waitUntil(() => heard.includes(wanted));
    for (const reader of readers) await stopAndDrop(reader);
  });

  test('a slot that is gone is a gap', async () => {
    const first = await started();
    await stopAndDrop(first);
    const second = await started(first.slotName);
    assert.deepEqual(second.heard, ['gap', 'back']);
    await stopAndDrop(second);
  });

  test('a database can be dropped once its readers have stopped', async () => {
    const other = await createTestDatabase();
    await migrate(other.url);
    const stream = createChangeStream({
      databaseUrl: other.url,
      slotName: newSlot(),
      rowKeys,
      runInBackground: (_, task) => void task.catch(assert.fail),
      listener: { onChange: async () => true, onUnsure: () => {} },
    });
    await stream.start();
    await stream.stop();
    await waitUntil(() =>
      other.drop().then(
        () => true,
        () => false,
      ),
    );
  });

  test('a server that is not there is waited for', async () => {
    const heard: string[] = [];
    const stream = createChangeStream({
      databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing',
      slotName: 'darkroom_test_nowhere',
      rowKeys,
      runInBackground: (_, task) => void task.catch(assert.fail),
      listener: { onChange: async () => true, onUnsure: (what) => void heard.push(what) },
    });
    await stream.start();
    await waitUntil(() => heard.includes('cut'));
    await stream.stop();
    assert.ok(!heard.includes('back'));
  });
});
