import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { StackPaths } from '../stack/stack-paths.ts';

/** A folder of its own for what a run leaves, named by when it began; another container may begin one in the same second. */
export function createRunFolder(paths: StackPaths, startedAt: Date): string {
  const id = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${randomBytes(3).toString('hex')}`;
  const folder = join(paths.state, 'runs', id);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new CommandError('notWritten', `${folder} cannot be made: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return folder;
}
