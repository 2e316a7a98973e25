import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { bearsCacheMark } from '../stack/cache-mark.ts';
import { administrationUrl, createDatabaseAdmin } from '../stack/database-admin.ts';
import type { DatabaseAdmin, OwnDatabase } from '../stack/database-admin.ts';
import { lockKeyOf } from '../stack/database-mark.ts';
import { describeDatabase, sortDatabases } from '../stack/reap-databases.ts';
import { liveRuns } from '../stack/leftovers.ts';
import { startServerRun } from '../stack/server-run.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

/** What is about to be removed, and what is not. */
type Findings = {
  readonly admin: DatabaseAdmin | null;
  readonly databases: readonly OwnDatabase[];
  readonly folders: readonly string[];
  /** With the reason. */
  readonly kept: readonly string[];
};

/**
 * Removes what Darkroom put outside the checkout, its databases in a server of yours, and `.darkroom/`: nothing that does not
 * bear its mark, and nothing before it was listed and agreed to.
 */
export async function clean(terminal: Terminal, isAgreed: boolean): Promise<void> {
  const context = createStackContext(terminal);
  const live = liveRuns(context.paths);
  if (live.length > 0) {
    const where = live.map(({ pid }) => (pid === null ? 'in another container' : `process ${pid}`));
    throw new CommandError('usage', `A run is going on (${where.join(', ')}).`, {
      remedy: 'End it first, with Ctrl-C.',
    });
  }
  const found = await findAll(context);
  const items = [
    ...found.databases.map((database) => `database ${describeDatabase(database)}`),
    ...found.folders.map((folder) => `folder   ${folder}`),
  ];
  terminal.print(`To be removed:\n${items.map((item) => `  ${item}\n`).join('')}`);
  if (found.kept.length > 0) terminal.print(`Kept:\n${found.kept.map((item) => `  ${item}\n`).join('')}`);
  if (!isAgreed) await requireConsent(terminal);
  const failures = found.admin === null ? [] : await dropAll(terminal, found.admin, found.databases);
  for (const folder of found.folders) {
    rmSync(folder, { recursive: true, force: true });
    terminal.report(`Removed ${folder}`);
  }
  if (failures.length > 0) {
    throw new CommandError('serviceFailed', `Not everything could be removed.\n  ${failures.join('\n  ')}`, {
      remedy: 'Close the connections to them, and run it again.',
    });
  }
}

async function requireConsent(terminal: Terminal): Promise<void> {
  const answer = await terminal.ask('Remove all of this? [y/N] ');
  if (answer !== null && /^y(es)?$/i.test(answer.trim())) return;
  if (answer !== null) throw new CommandError('usage', 'Nothing was removed.');
  throw new CommandError('usage', 'Nothing was removed: there is no terminal to ask on.', {
    remedy: 'Run it with --yes when the list is what you want.',
  });
}

async function findAll({ paths, environment }: StackContext): Promise<Findings> {
  const { databaseUrl, cacheFolder } = environment;
  const kept: string[] = [];
  const folders = [paths.data, paths.state, join(paths.checkout, '.darkroom')];
  // A folder that was named for it may hold other things.
  if (cacheFolder === null || bearsCacheMark(paths.cache)) folders.push(paths.cache);
  else kept.push(`folder   ${paths.cache}, which Darkroom did not make`);
  const there = [...new Set(folders)].filter((folder) => existsSync(folder));
  if (databaseUrl === null) return { admin: null, databases: [], folders: there, kept };
  const admin = createDatabaseAdmin(await administrationUrl(databaseUrl));
  const { inUse, free } = await sortDatabases(admin);
  for (const database of inUse)
    kept.push(`database ${describeDatabase(database)}, which a run that is going on uses`);
  const foreign = free.filter(({ foreignRole }) => foreignRole !== null);
  for (const database of foreign)
    kept.push(`database ${describeDatabase(database)}, which belongs to the role ${database.foreignRole}`);
  return { admin, databases: free.filter(({ foreignRole }) => foreignRole === null), folders: there, kept };
}

/** Returns what could not be dropped. The locks keep runs that begin meanwhile from what is being dropped. */
async function dropAll(
  terminal: Terminal,
  admin: DatabaseAdmin,
  databases: readonly OwnDatabase[],
): Promise<string[]> {
  const failures: string[] = [];
  const run = await startServerRun(admin.adminUrl, terminal.checkout);
  try {
    for (const database of databases) {
      const { name } = database;
      const key = lockKeyOf(database);
      try {
        if (!(await run.tryLock(key, 'exclusive'))) throw new CommandError('usage', 'a run uses it by now');
        await admin.dropUnusedDatabase(name);
        await run.unlock(key, 'exclusive');
        terminal.report(`Dropped ${name}`);
      } catch (error) {
        failures.push(`${name}: ${(error as Error).message}`);
      }
    }
  } finally {
    await run.end();
  }
  return failures;
}
