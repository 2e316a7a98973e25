import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownRun } from './own-run.ts';
import { identityOf } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { StackPaths } from './stack-paths.ts';

/** A process that a run has started. */
export type ChildRecord = {
  readonly name: string;
  readonly run: string;
  readonly child: ProcessIdentity;
  readonly owner: ProcessIdentity;
};

const folderOf = ({ data }: StackPaths): string => join(data, 'pids');

/** Puts a child of ours on record; returns what takes it off again. */
export function recordChild(paths: StackPaths, name: string, pid: number): () => void {
  const folder = folderOf(paths);
  // A cleaner of temporary files removes what is empty for long.
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
    const record = readRecord(file);
    return record?.run === run ? [{ record, forget: () => rmSync(file, { force: true }) }] : [];
  });
}

function readRecord(file: string): ChildRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ChildRecord;
  } catch {
    return null;
  }
}
