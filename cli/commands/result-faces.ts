import { appendFileSync, lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { renderTable } from '../report/table.ts';
import type { Attempts } from './attempts.ts';
import type { Terminal } from './terminal.ts';

/** Where a result goes: the terminal, the run's folder, the file that the user named. Each fails by itself. */
export type Faces = {
  /** Writes what there is so far into the run's folder. */
  readonly keep: (summary: () => CompareResult) => void;
  /** Adds a line about each block, which is left when the experiment is cut short. */
  readonly addBlocks: (lines: readonly string[]) => void;
  readonly show: (result: CompareResult, table: string) => void;
};

/** `--json -` writes the result to stdout; everything else is then printed to stderr. */
const stdout = '-';

/** Returns the file when it can be written. Throws otherwise: the user hears of it before anything starts. */
export function openForWriting(file: string, option = '--json'): string {
  if (file === stdout) return file;
  try {
    const isThere = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    appendFileSync(file, '');
    // A command that ends before it has a result leaves none, rather than an empty one.
    if (!isThere) rmSync(file);
    return file;
  } catch (error) {
    throw new CommandError('usage', `${option} ${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export function createFaces(
  terminal: Terminal,
  { attempt }: Attempts,
  folder: string,
  jsonFile: string | null,
): Faces {
  const isStdoutJson = jsonFile === stdout;
  /** Writes the file under another name first and then renames it, so that nobody reads half of it. */
  const replace = (name: string, text: string): void => {
    const file = join(folder, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const writeRun = (result: CompareResult, table: string): boolean => {
    const write = (): true => {
      replace('result.json', textOf(result));
      replace('table.txt', table);
      return true;
    };
    return attempt(folder, write) !== null;
  };
  return {
    keep: (summary) => {
      const result = summary();
      writeRun(result, renderTable(result));
    },
    addBlocks: (lines) => attempt(folder, () => appendFileSync(join(folder, 'blocks.jsonl'), lines.join(''))),
    show(result, table) {
      if (isStdoutJson) terminal.progress(table);
      else terminal.print(table);
      if (writeRun(result, table)) terminal.report(`Results are kept in ${folder}`);
      if (isStdoutJson) terminal.print(textOf(result));
      else if (jsonFile !== null)
        attempt(`--json ${jsonFile}`, () => writeFileSync(jsonFile, textOf(result)));
    },
  };
}

function textOf(result: CompareResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
