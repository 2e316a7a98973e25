import type { TestContext } from 'node:test';
import pg from 'pg';
import { rowKeys } from '../../app/contract/entities.ts';
import { createChangeStream } from '../../app/storage/logical-replication.ts';
import type { ChangeStream } from '../../app/storage/logical-replication.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { parseLsn } from '../../app/storage/slot-reader.ts';
import { createTestDatabase } from './databases.ts';
import { waitUntil } from './wait-until.ts';

/** A reader of changes, what it has heard, and how it answers. */
export type ChangeReader = {
  readonly stream: ChangeStream;
  /** `photo:7 v3` for a change, or `disconnected`, `resumed`, `loss-noticed`, in their order. */
  readonly heard: string[];
  /** Why the stream was lost. */
  readonly reasons: string[];
  readonly slotName: string;
  accepts: (change: string) => boolean | Promise<boolean>;
  hearsAfter(index: number, what: string): Promise<void>;
};

/** A database with two people and a photo, and readers of its changes. */
export type ChangeReaders = {
  readonly url: string;
  readonly storage: pg.Client;
  connect(): Promise<pg.Client>;
  /** Raises the version of the photo, and says what a reader should hear. */
  like(client?: pg.Client): Promise<string>;
  /** Not started yet; stopped when the test is over. Its slot goes with the database. */
  reader(test: TestContext, options?: ReaderOptions): ChangeReader;
  /** Started, and hears of changes. */
  started(test: TestContext, options?: ReaderOptions): Promise<ChangeReader>;
  /** How far a slot's reader has said to have come. */
  confirmed(slotName: string): Promise<string | undefined>;
  /** Waits until it has come to that place of the log. */
  confirmedUpTo(slotName: string, lsn: string | undefined): Promise<void>;
  /** Waits until nothing of what is written by now is kept for the slot. */
  confirmedByNow(slotName: string): Promise<void>;
  close(): Promise<void>;
};

/** `beatMs`: ten of them without an answer are silence. By default they are so many that a busy machine is not silent. */
type ReaderOptions = { readonly slotName?: string; readonly url?: string; readonly beatMs?: number };

const usualBeatMs = 500;
let slots = 0;

function createReader(url: string, slotName: string, beatMs: number): ChangeReader {
  const heard: string[] = [];
  const reasons: string[] = [];
  const reader: ChangeReader = {
    slotName,
    heard,
    reasons,
    accepts: () => true,
    stream: createChangeStream({
      databaseUrl: url,
      slotName,
      rowKeys,
      beatMs,
      runInBackground: (_, task) => void task.catch((error: unknown) => reasons.push(String(error))),
      listener: {
        async onChange(entityName, id, version) {
          const change = `${entityName}:${id} v${version}`;
          heard.push(change);
          return reader.accepts(change);
        },
        onDelivery: (change) => void heard.push(change),
      },
    }),
    hearsAfter: (index, what) => waitUntil(() => heard.slice(index).includes(what)),
  };
  return reader;
}

export async function createChangeReaders(): Promise<ChangeReaders> {
  const database = await createTestDatabase();
  await migrate(database.url);
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return client;
  };
  const storage = await connect();
  await storage.query("INSERT INTO users (name) VALUES ('ada'), ('bob')");
  await storage.query(
    "INSERT INTO photos (owner_id, caption, digest, width_px, height_px) VALUES (1, 'c', repeat('0', 64), 1, 1)",
  );
  const readers: ChangeReaders = {
    url: database.url,
    storage,
    connect,
    async like(client = storage) {
      const { rows } = await client.query<{ version: number }>(
        'UPDATE photos SET version = version + 1 WHERE id = 1 RETURNING version',
      );
      return `photo:1 v${rows[0]?.version}`;
    },
    reader(test, { slotName, url = database.url, beatMs = usualBeatMs } = {}) {
      slots += 1;
      const name = slotName ?? `darkroom_test_${process.pid}_${slots}_${Date.now()}`;
      const reader = createReader(url, name, beatMs);
      test.after(() => reader.stream.stop());
      return reader;
    },
    async started(test, options) {
      const reader = readers.reader(test, options);
      await reader.stream.start();
      await reader.hearsAfter(0, 'resumed');
      return reader;
    },
    async confirmed(slotName) {
      const { rows } = await storage.query<{ lsn: string }>(
        'SELECT confirmed_flush_lsn AS lsn FROM pg_replication_slots WHERE slot_name = $1',
        [slotName],
      );
      return rows[0]?.lsn;
    },
    async confirmedUpTo(slotName, lsn = '0/0') {
      await waitUntil(async () => parseLsn((await readers.confirmed(slotName)) ?? '0/0') >= parseLsn(lsn));
    },
    async confirmedByNow(slotName) {
      // A commit puts on disk what lies before it; this one is of no interest to a reader.
      await storage.query('UPDATE users SET created_at = now() WHERE id = 1');
      const { rows } = await storage.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn');
      await readers.confirmedUpTo(slotName, rows[0]?.lsn);
    },
    async close() {
      await storage.end();
      await database.drop();
    },
  };
  return readers;
}
