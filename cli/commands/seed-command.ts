import { join } from 'node:path';
import { hasPeople } from '../../app/storage/seed.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { DarkroomError } from '../../app/errors.ts';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { CommandError } from '../errors.ts';
import { postgresRemedy } from '../stack/postgres-remedies.ts';
import { requirePostgresAddress, wordsOf } from '../stack/server-words.ts';
import { fillDatabase, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

export type SeedOptions = PopulationSize;

/** Migrates the database that DATABASE_URL names, and fills it once: for a service that is not started from here. */
export async function seed(terminal: Terminal, size: SeedOptions): Promise<void> {
  const { environment, paths } = createStackContext(terminal);
  const { databaseUrl, mediaFolder } = environment;
  if (databaseUrl === null)
    throw new CommandError('usage', 'DATABASE_URL names no database to fill.', {
      remedy: 'Set it; the other commands seed databases of their own.',
    });
  requirePostgresAddress(databaseUrl);
  try {
    await migrate(databaseUrl);
    await storeSamplePhotos(terminal.checkout, mediaFolder ?? join(paths.state, 'media'));
    if (await hasPeople(databaseUrl))
      terminal.report('The database has people already; it is left as it is.');
    else await fillDatabase(terminal.report, databaseUrl, size);
  } catch (error) {
    if (error instanceof DarkroomError && error.code === 'STORAGE_NOT_OURS')
      throw new CommandError('usage', `${error.code}: ${error.message} Nothing was changed.`, {
        remedy: 'Name an empty database in DATABASE_URL, such as one that "createdb darkroom" makes.',
        cause: error,
      });
    throw new CommandError('serviceFailed', `The database could not be filled: ${wordsOf(error)}`, {
      remedy: postgresRemedy(error),
      cause: error,
    });
  }
}
