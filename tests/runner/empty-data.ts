import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPostgresPackage } from '../../cli/stack/postgres-binaries.ts';
import { faultOfData, passwordFileOf } from '../../cli/stack/postgres-data.ts';
import { startPostgres } from '../../cli/stack/postgres-server.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import { markFileOf } from '../../cli/stack/whole-folder.ts';

/** Names the folder of data of PostgreSQL that nobody has used. */
export const emptyDataVariable = 'DARKROOM_TEST_EMPTY_DATA';

/** What a stack calls the data of its first server. */
const firstData = 'postgres-1';
/** The folder and what lies beside it. */
const partsOf = (data: string): string[] => [passwordFileOf(data), data, markFileOf(data)];

/**
 * Data of PostgreSQL as they are made for a new checkout, for tests that start a server of their own. They are kept: to make them takes
 * a second of CPU, to copy them a quarter of that. Empty text: there is no PostgreSQL of ours.
 */
export async function provideEmptyData(context: StackContext): Promise<string> {
  const folder = join(context.paths.data, 'empty');
  const data = join(folder, firstData);
  const installed = findPostgresPackage();
  if (installed === null) return '';
  const isWhole = (): boolean => existsSync(data) && faultOfData(data, installed.version) === null;
  if (isWhole()) return folder;
  const draft = mkdtempSync(`${folder}-`);
  try {
    // The server runs as another user, who must get in.
    chmodSync(draft, 0o711);
    const environment = { ...context.environment, databaseUrl: null };
    const server = await startPostgres({ ...context, environment, paths: { ...context.paths, data: draft } });
    await server.stop();
    putInPlace(draft, folder, isWhole);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Puts a draft in its place in one step. Of two runs that make one, the data of the first stay, since its
 * tests may be copying them already.
 */
function putInPlace(draft: string, folder: string, isWhole: () => boolean): void {
  const old = `${draft}.old`;
  try {
    if (!isWhole() && existsSync(folder)) renameSync(folder, old);
    renameSync(draft, folder);
  } catch (error) {
    if (!isWhole()) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/** Puts a copy where a stack looks for the data of its first server. Without such data, it makes its own. */
export function copyEmptyData(stackData: string): void {
  const folder = process.env[emptyDataVariable];
  if (!folder) return;
  // `-a` keeps the owners of the files.
  execFileSync('cp', ['-a', ...partsOf(join(folder, firstData)), stackData]);
}
