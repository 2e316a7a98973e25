import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { XStatic } from 'typebox/schema';
import { readJsonFile } from './json-file.ts';
import { ownRun } from './own-run.ts';
import { ProcessIdentityForm, identityOf } from './process-identity.ts';
import type { StackPaths } from './stack-paths.ts';

/** As it lies on the disk. */
export const ChildRecordForm = {
  type: 'object',
  required: ['name', 'run', 'child', 'owner'],
  properties: {
    name: { type: 'string' },
    run: { type: 'string' },
    child: ProcessIdentityForm,
    owner: ProcessIdentityForm,
  },
} as const;
/** A process that a run has started. */
export type ChildRecord = Readonly<XStatic<typeof ChildRecordForm>>;

const folderOf = ({ data }: StackPaths): string => join(data, 'pids');

/** Puts a child of ours on record; returns what takes it off again. */
export function recordChild(paths: StackPaths, name: string, pid: number): () => void {
  const folder = folderOf(paths);
  // The folder may be gone: programs that clean up temporary files remove folders that stay empty.
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${randomBytes(6).toString('hex')}.json`);
  const record: ChildRecord = {
    name,
    run: ownRun(paths).id,
    child: identityOf(pid),
    owner: identityOf(process.pid),
  };
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** Those of one run, each with what takes it off the record. */
export function recordsOfRun(
  paths: StackPaths,
  run: string,
): { readonly record: ChildRecord; forget(): void }[] {
  return readdirSync(folderOf(paths)).flatMap((name) => {
    const file = join(folderOf(paths), name);
    const record = readJsonFile(file, ChildRecordForm);
    return record?.run === run ? [{ record, forget: () => rmSync(file, { force: true }) }] : [];
  });
}
