import { isInUseError } from './admin-query.ts';
import type { DatabaseAdmin, OwnDatabase } from './database-admin.ts';
import { lockKeyOf } from './database-mark.ts';

/** Our databases on a server, by whether somebody needs them. */
export type SortedDatabases = {
  readonly inUse: readonly OwnDatabase[];
  readonly free: readonly OwnDatabase[];
};

export async function sortDatabases(admin: DatabaseAdmin): Promise<SortedDatabases> {
  const all = await admin.listOwnDatabases();
  // Asked for later than the databases: whoever made one of them had its lock before.
  const locks = await admin.listLocks();
  const isInUse = (database: OwnDatabase) => locks.has(lockKeyOf(database));
  return { inUse: all.filter(isInUse), free: all.filter((database) => !isInUse(database)) };
}

/** A database as it is told of. */
export function describeDatabase({ name, mark, slots }: OwnDatabase): string {
  const withSlots = slots === 0 ? '' : `, ${slots} replication slot${slots === 1 ? '' : 's'}`;
  return `${name} (${mark.kind} of ${mark.owner}${withSlots})`;
}

/** What only the run that made it needs. Templates are kept for others, and what a later version makes is its business. */
const kindsOfOneRun: ReadonlySet<string> = new Set(['world', 'draft']);

/**
 * Drops what runs that are dead have left on the server; their replication slots, for which it keeps its log, go with the
 * databases. Returns what is to be told.
 */
export async function reapDatabases(admin: DatabaseAdmin): Promise<string[]> {
  const { free } = await sortDatabases(admin);
  const told: string[] = [];
  for (const database of free) {
    if (!kindsOfOneRun.has(database.mark.kind) || database.foreignRole !== null) continue;
    try {
      await admin.dropUnusedDatabase(database.name);
      told.push(`Dropped ${describeDatabase(database)}, left behind on the server by a run that is dead.`);
    } catch (error) {
      const why = isInUseError(error) ? 'somebody is connected to it' : (error as Error).message;
      told.push(`Left ${describeDatabase(database)}, whose run is dead: ${why}.`);
    }
  }
  return told;
}
