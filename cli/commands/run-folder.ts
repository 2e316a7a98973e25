import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StackPaths } from '../stack/stack-paths.ts';

/** A folder of its own for what a run leaves, named by when it began. */
export function createRunFolder(paths: StackPaths, startedAt: Date): string {
  const id = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-${process.pid}`;
  const folder = join(paths.state, 'runs', id);
  mkdirSync(folder, { recursive: true });
  return folder;
}
