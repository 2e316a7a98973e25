import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the repository: its path from the root, with slashes, and what stands in it. */
export type SourceFile = { readonly path: string; readonly text: string };

/** One rule of the tidy test: the complaints it has about these files, each naming the file and what to do. */
export type Check = (files: readonly SourceFile[]) => string[];

/** In a second working tree `.git` is a file. */
const ignored = new Set(['node_modules', '.darkroom', '.git']);
const textFile = /\.(ts|js|json|md|sql|yaml|yml|sh|mod)$|^(darkroom|run|LICENSE|\.\w+)$/;

/** Every text file below the root that belongs to the repository. */
export function readRepository(root: string, folder = ''): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (ignored.has(entry.name)) return [];
    if (entry.isDirectory()) return readRepository(root, path);
    if (!entry.isFile() || !textFile.test(entry.name)) return [];
    return [{ path, text: readFileSync(join(root, path), 'utf8') }];
  });
}

export function isTypeScript(file: SourceFile): boolean {
  return file.path.endsWith('.ts');
}

/** Tests and what only they use. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('tests/');
}
