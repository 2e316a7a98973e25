import { createHash } from 'node:crypto';
import { DarkroomError } from '../errors.ts';
import { onOwnConnection } from './own-connection.ts';
import type { Statement } from './statement.ts';

/** Made by a migration. */
export const publicationName = 'darkroom_changes';

/** The slot of a change stream: where the server remembers how far one reader has read. */
export type SlotAdmin = {
  /** The server's `wal_level`. */
  logLevel(): Promise<string>;
  /**
   * Makes the slot when it is missing or of no more use. True when it did: what was written before is not known. Throws where
   * nothing is published: a slot would hold the log of somebody's server for nothing.
   */
  ensure(): Promise<boolean>;
  /** How far the server's log is written. */
  logEnd(): Promise<string>;
  /** Removes slots of ours in the same database that nobody has read for so long. Returns their names. */
  dropAbandoned(afterMs: number): Promise<string[]>;
  /** Removes it. The server keeps its log for every slot there is. */
  drop(): Promise<void>;
};

/** A new slot waits for all transactions that are open; the server must give up before the client does. */
const limits = { connectionTimeoutMillis: 1_000, statement_timeout: 4_000, query_timeout: 5_000 } as const;

/** Slots that nobody has read for long. PostgreSQL before 17 does not say since when, so that none is found there. */
const listAbandoned: Statement = {
  name: 'list_abandoned_slots',
  text: `
  SELECT slot_name AS name FROM pg_replication_slots AS slots
  WHERE database = current_database() AND slot_name <> $1 AND NOT active
    AND (to_jsonb(slots) ->> 'inactive_since')::timestamptz <= now() - $2::bigint * interval '1 millisecond'`,
};
const dropSlot: Statement = {
  name: 'drop_slot',
  text: 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active',
};
const showLogLevel: Statement = { name: 'show_log_level', text: 'SHOW wal_level' };
const selectSlot: Statement = {
  name: 'select_slot',
  text: 'SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1',
};
const selectPublication: Statement = {
  name: 'select_publication',
  text: 'SELECT FROM pg_publication WHERE pubname = $1',
};
const createSlot: Statement = {
  name: 'create_slot',
  text: "SELECT pg_create_logical_replication_slot($1, 'pgoutput')",
};
const selectLogEnd: Statement = { name: 'select_log_end', text: 'SELECT pg_current_wal_flush_lsn() AS lsn' };

export function createSlotAdmin(databaseUrl: string, slotName: string): SlotAdmin {
  const query = async <Row extends object>({ text }: Statement, values: string[] = []): Promise<Row[]> =>
    onOwnConnection(databaseUrl, async (client) => (await client.query<Row>(text, values)).rows, limits);
  const dropInactive = async (name: string): Promise<boolean> => {
    const dropped = await query(dropSlot, [name]);
    return dropped.length > 0;
  };
  const drop = async (): Promise<void> => void (await dropInactive(slotName));
  return {
    async logLevel() {
      const [row] = await query<{ wal_level: string }>(showLogLevel);
      return row?.wal_level ?? '';
    },
    async ensure() {
      const [slot] = await query<{ wal_status: string }>(selectSlot, [slotName]);
      // The server has thrown away what this reader had not read yet.
      if (slot?.wal_status === 'lost') await drop();
      else if (slot !== undefined) return false;
      const published = await query(selectPublication, [publicationName]);
      if (published.length === 0)
        throw new DarkroomError('STORAGE_NOT_OURS', `The database publishes no ${publicationName}.`);
      await query(createSlot, [slotName]);
      return true;
    },
    async logEnd() {
      const [row] = await query<{ lsn: string }>(selectLogEnd);
      return row?.lsn ?? '0/0';
    },
    async dropAbandoned(afterMs) {
      const abandoned = (await query<{ name: string }>(listAbandoned, [slotName, String(afterMs)])).filter(
        ({ name }) => isOwnSlotName(name),
      );
      const dropped: string[] = [];
      // Its reader may come back, or another one drop it, at this very moment.
      for (const { name } of abandoned) if (await dropInactive(name).catch(() => false)) dropped.push(name);
      return dropped;
    },
    drop,
  };
}

/** Makes a name ours: that somebody else gives one with the right digits is out of the question. */
function sealOf(name: string): string {
  return createHash('sha256').update(`a replication slot of darkroom: ${name}`).digest('hex').slice(0, 8);
}

/** Names of slots are shared by all databases of a server, and take lower case, digits and underscores, 63 of them. */
export function slotNameOf(databaseUrl: string, replica: string): string {
  const { pathname } = new URL(databaseUrl);
  const unique = createHash('sha256').update(`${pathname} ${replica}`).digest('hex').slice(0, 16);
  const readable = replica.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
  const name = `darkroom_${readable.slice(0, 28)}_${unique}`;
  return `${name}_${sealOf(name)}`;
}

/** Slots can bear no comment, so the name itself is the mark. */
export function isOwnSlotName(name: string): boolean {
  const end = name.lastIndexOf('_');
  return name.startsWith('darkroom_') && name.slice(end + 1) === sealOf(name.slice(0, end));
}
