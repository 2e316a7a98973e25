import { posix } from 'node:path';
import { Visitor, parseSync } from 'oxc-parser';
import type { SourceFile } from './source-file.ts';

/** One import of a file, whether written as import, export-from, import() or as the type import('...'). */
export type ModuleImport = {
  /** What it leads to: a path from the root for a file, the specifier for a package. */
  readonly target: string;
  readonly isPackage: boolean;
  readonly isTypeOnly: boolean;
};

function resolve(from: string, specifier: string, isTypeOnly: boolean): ModuleImport {
  const isPackage = !specifier.startsWith('.');
  const target = isPackage ? specifier : posix.join(posix.dirname(from), specifier);
  return { target, isPackage, isTypeOnly };
}

/** Stands for an import() whose target only running can tell. */
export const computedImport = 'a computed import()';

/** Of files that several rules ask about: to parse one takes longer than all that is asked of it. */
const known = new WeakMap<SourceFile, readonly ModuleImport[]>();

/** What the file imports, in no particular order. */
export function importsOf(file: SourceFile): readonly ModuleImport[] {
  const found = known.get(file) ?? readImports(file);
  known.set(file, found);
  return found;
}

function readImports(file: SourceFile): ModuleImport[] {
  const parsed = parseSync(file.path, file.text);
  const found: ModuleImport[] = [];
  for (const { moduleRequest, entries } of parsed.module.staticImports) {
    const isTypeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    found.push(resolve(file.path, moduleRequest.value, isTypeOnly));
  }
  for (const { moduleRequest, isType } of parsed.module.staticExports.flatMap(({ entries }) => entries)) {
    if (moduleRequest !== null) found.push(resolve(file.path, moduleRequest.value, isType));
  }
  // All others are told without the tree, which takes most of the time.
  if (!/\bimport\s*\(/.test(file.text)) return found;
  new Visitor({
    ImportExpression(node) {
      const { source } = node;
      const isText = source.type === 'Literal' && typeof source.value === 'string';
      found.push(resolve(file.path, isText ? String(source.value) : computedImport, false));
    },
    TSImportType(node) {
      found.push(resolve(file.path, node.source.value, true));
    },
  }).visit(parsed.program);
  return found;
}
