import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How a command line ended, and what it said. */
export type CommandEnd = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** Marks between the outputs of commands, which no command prints itself. */
export const statusMark = '\u001E';
export const endMark = '\u001F';

const program = join(import.meta.dirname, 'command-lines-process.ts');

/**
 * Runs command lines that start nothing, all in one process: to load the program takes half a second of CPU, and to refuse what it was
 * asked takes nothing.
 */
export async function runCommandLines(lines: readonly (readonly string[])[]): Promise<readonly CommandEnd[]> {
  const { DATABASE_URL: _, REDIS_URL: __, ...env } = process.env;
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, [program, JSON.stringify(lines)], { env });
  const [told, complained] = [stdout.split(endMark), stderr.split(endMark)];
  // Behind the last mark, nothing is said.
  for (const parts of [told, complained])
    assert.deepEqual([parts.length, parts.at(-1)], [lines.length + 1, '']);
  return lines.map((_, index) => {
    const [own = '', status] = (told[index] ?? '').split(statusMark);
    return { status: Number(status), stdout: own, stderr: complained[index] ?? '' };
  });
}
