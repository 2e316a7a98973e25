import { join } from 'node:path';
import { readConfig } from '../../app/config.ts';
import type { Config } from '../../app/config.ts';
import { DarkroomError } from '../../app/errors.ts';
import { migrate } from '../../app/storage/migrate.ts';
import { openBlobs } from '../../app/storage/open-blobs.ts';
import { hasPeople } from '../../app/storage/seed.ts';
import type { PopulationSize } from '../../loadtests/workloads/population-size.ts';
import { CommandError } from '../errors.ts';
import { postgresRemedy } from '../stack/postgres-remedies.ts';
import { requirePostgresAddress, wordsOf } from '../stack/server-words.ts';
import { fillDatabase, storeSamplePhotos } from '../worlds/seeded-template.ts';
import { createStackContext } from '../worlds/workbench.ts';
import type { Terminal } from './terminal.ts';

export type SeedOptions = PopulationSize;

/**
 * Migrates the database that DATABASE_URL names, and fills it once, with its images where the same variables tell the service to look:
 * for a service that is not started from here.
 */
export async function seed(terminal: Terminal, size: SeedOptions): Promise<void> {
  const { environment, paths } = createStackContext(terminal);
  const { databaseUrl, mediaFolder } = environment;
  if (databaseUrl === null)
    throw new CommandError('usage', 'DATABASE_URL names no database to fill.', {
      remedy: 'Set it; the other commands seed databases of their own.',
    });
  requirePostgresAddress(databaseUrl);
  const config = readServiceConfig({
    ...environment.ofBlobs,
    DATABASE_URL: databaseUrl,
    DARKROOM_MEDIA_DIR: mediaFolder ?? join(paths.state, 'media'),
  });
  try {
    await migrate(databaseUrl);
    await storeImages(terminal.checkout, config);
    if (await hasPeople(databaseUrl))
      terminal.report('The database has people already; it is left as it is.');
    else await fillDatabase(terminal.report, databaseUrl, size);
  } catch (error) {
    if (error instanceof CommandError) throw error;
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

/** What the service would make of the same variables; what it would refuse is refused here, too. */
function readServiceConfig(variables: Readonly<Record<string, string>>): Config {
  try {
    return readConfig({ ...variables, DARKROOM_CANDIDATE: 'no-cache' });
  } catch (error) {
    if (!(error instanceof DarkroomError)) throw error;
    throw new CommandError('usage', error.message, { cause: error });
  }
}

async function storeImages(checkout: string, config: Config): Promise<void> {
  const blobs = await openBlobs(config);
  try {
    await storeSamplePhotos(checkout, blobs);
  } catch (error) {
    throw new CommandError('serviceFailed', `The images could not be stored: ${wordsOf(error)}`, {
      remedy:
        config.blobStore === 's3'
          ? 'Name the server, the bucket and a key that may put objects there: DARKROOM_S3_ENDPOINT and its neighbours.'
          : 'Name a folder that can be written in DARKROOM_MEDIA_DIR.',
      cause: error,
    });
  } finally {
    blobs.close();
  }
}
