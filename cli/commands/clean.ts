import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { createDatabaseAdmin } from '../stack/database-admin.ts';
import { liveOwners } from '../stack/supervised-process.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

/** Removes what Darkroom put outside the checkout, its databases in a server of yours, and `.darkroom/`. */
export async function clean(terminal: Terminal): Promise<void> {
  const { paths, environment } = createStackContext(terminal);
  const live = liveOwners(paths);
  if (live.length > 0) {
    throw new CommandError('usage', `A run is going on (process ${live.join(', ')}).`, {
      remedy: 'End it first, with Ctrl-C.',
    });
  }
  if (environment.databaseUrl !== null) {
    const admin = createDatabaseAdmin(environment.databaseUrl);
    for (const name of await admin.listDatabases()) await admin.dropDatabase(name);
  }
  for (const folder of new Set([paths.data, paths.cache, paths.state, join(paths.checkout, '.darkroom')])) {
    rmSync(folder, { recursive: true, force: true });
    terminal.report(`Removed ${folder}`);
  }
}
