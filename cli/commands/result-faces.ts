import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { renderTable } from '../report/table.ts';
import type { Terminal } from './terminal.ts';

/** Where a result goes: the run's folder, the file that the user named, the terminal. Each fails by itself. */
export type Faces = {
  /** Writes what there is so far into the run's folder; what cannot be written is told once. */
  readonly keep: (summary: () => CompareResult) => void;
  /** Whether the user's own file has it, if there is one. */
  readonly show: (result: CompareResult, table: string) => boolean;
};

/** Fails before anything starts when the file cannot be written. */
export function openForWriting(file: string): string {
  try {
    appendFileSync(file, '');
    return file;
  } catch (error) {
    throw new CommandError('usage', `${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export function createFaces(terminal: Terminal, folder: string, jsonFile: string | null): Faces {
  const complained = new Set<string>();
  /** Whether it could be written. */
  const attempt = (what: string, write: () => void): boolean => {
    try {
      write();
      return true;
    } catch (error) {
      if (!complained.has(what)) terminal.report(`${what} cannot be written: ${(error as Error).message}`);
      complained.add(what);
      return false;
    }
  };
  /** A reader never finds half of it. */
  const replace = (name: string, text: string): void => {
    const file = join(folder, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const writeRun = (result: CompareResult, table: string): boolean =>
    attempt(folder, () => {
      replace('result.json', textOf(result));
      replace('table.txt', table);
    });
  return {
    keep: (summary) => {
      const result = summary();
      writeRun(result, renderTable(result));
    },
    show(result, table) {
      terminal.print(table);
      const isKept = writeRun(result, table);
      if (isKept) terminal.report(`Results are kept in ${folder}`);
      return jsonFile === null || attempt(jsonFile, () => writeFileSync(jsonFile, textOf(result)));
    },
  };
}

function textOf(result: CompareResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
