import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XStatic } from 'typebox/schema';
import { readJsonFile } from './json-file.ts';

const MarkForm = {
  type: 'object',
  required: ['version', 'digest'],
  properties: { version: { type: 'string' }, digest: { type: 'string' } },
} as const;
/** What a folder that was made completely says of itself, in a file beside it. */
type Mark = Readonly<XStatic<typeof MarkForm>>;

export const markFileOf = (folder: string): string => `${folder}.whole.json`;

/** Of names and sizes: what is missing or was cut off shows, and looking takes no longer than a listing. */
export function digestOfFolder(folder: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  for (const name of names) {
    const { size, mode } = lstatSync(join(folder, name));
    const isFile = (mode & 0o170000) === 0o100000;
    hash.update(JSON.stringify([name, isFile ? size : null]));
  }
  return hash.digest('hex');
}

/** Puts a draft that is complete in its place, and says so last. */
export function placeWhole(draft: string, folder: string, version: string): void {
  const before = `${folder}.old`;
  rmSync(before, { recursive: true, force: true });
  const digest = digestOfFolder(draft);
  rmSync(markFileOf(folder), { force: true });
  // Aside in one step: a half removed folder never has the name.
  if (existsSync(folder)) renameSync(folder, before);
  renameSync(draft, folder);
  writeMark(folder, { version, digest });
  rmSync(before, { recursive: true, force: true });
}

/** In one step. */
export function writeMark(folder: string, mark: Mark): void {
  const draft = `${markFileOf(folder)}.new`;
  writeFileSync(draft, JSON.stringify(mark), { mode: 0o644 });
  renameSync(draft, markFileOf(folder));
}

/** Null when there is none that can be read. */
export function readMark(folder: string): Mark | null {
  return readJsonFile(markFileOf(folder), MarkForm);
}

/** `absent`: nothing is there. `broken`: it is not complete, or not of this version. */
export type FolderState = 'absent' | 'broken' | 'whole';

/** Whether a folder is as it was when it was made completely. */
export function stateOfFolder(folder: string, version: string): FolderState {
  if (!existsSync(folder)) return 'absent';
  const mark = readMark(folder);
  return mark?.version === version && mark.digest === digestOfFolder(folder) ? 'whole' : 'broken';
}
