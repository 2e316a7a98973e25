import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { lifeKeyOf } from './database-mark.ts';
import type { DatabaseMark } from './database-mark.ts';
import { openServerSession } from './server-session.ts';
import type { ServerSession } from './server-session.ts';

/**
 * A run on a PostgreSQL server. Its session holds a lock for as long as the run lives; when that ends, however it ends, the
 * server lets go of it, and what the run has left there is nobody's. Process numbers say nothing: containers have the same ones.
 */
export type ServerRun = ServerSession & {
  /** Twelve random hexadecimal digits: a part of the names that the run gives. */
  readonly id: string;
  /** What it writes on a database that it makes. */
  mark(kind: 'world' | 'draft', contents?: string): DatabaseMark;
};

/** Begins a run: from here on it is known to live. */
export async function startServerRun(adminUrl: string, checkout: string): Promise<ServerRun> {
  const id = randomBytes(6).toString('hex');
  const session = await openServerSession(adminUrl, lifeKeyOf(id));
  const owner = `process ${process.pid} of ${hostname()} in ${checkout}`;
  return {
    ...session,
    id,
    mark: (kind, contents) => ({ kind, run: id, owner, ...(contents !== undefined && { contents }) }),
  };
}
