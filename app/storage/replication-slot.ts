import pg from 'pg';
import { connectionTo } from './connection-settings.ts';

/** The slot of a change stream: where the server remembers how far one reader has read. */
export type SlotAdmin = {
  /** The server's `wal_level`. */
  logLevel(): Promise<string>;
  /** Makes the slot when it is missing or of no more use. True when it did: what was written before is not known. */
  ensure(): Promise<boolean>;
  /** How far the server's log is written. */
  logEnd(): Promise<string>;
  /** Removes it. The server keeps its log for every slot there is. */
  drop(): Promise<void>;
};

/** A new slot waits for all transactions that are open; the server must give up before the client does. */
const limits = { connectionTimeoutMillis: 1_000, statement_timeout: 4_000, query_timeout: 5_000 } as const;

export function createSlotAdmin(databaseUrl: string, slotName: string): SlotAdmin {
  const query = async <Row extends object>(text: string, values: string[] = []): Promise<Row[]> => {
    const client = new pg.Client({ ...connectionTo(databaseUrl), ...limits });
    // The connection may be cut at any time; the query that is under way says so.
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const drop = async (): Promise<void> => {
    await query(
      'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active',
      [slotName],
    );
  };
  return {
    async logLevel() {
      const [row] = await query<{ wal_level: string }>('SHOW wal_level');
      return row?.wal_level ?? '';
    },
    async ensure() {
      const [slot] = await query<{ wal_status: string }>(
        'SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1',
        [slotName],
      );
      // The server has thrown away what this reader had not read yet.
      if (slot?.wal_status === 'lost') await drop();
      else if (slot !== undefined) return false;
      await query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slotName]);
      return true;
    },
    async logEnd() {
      const [row] = await query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn');
      return row?.lsn ?? '0/0';
    },
    drop,
  };
}
