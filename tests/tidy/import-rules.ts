import { importTable, packageHomes } from './import-table.ts';
import type { ImportRule } from './import-table.ts';
import { computedImport, importsOf } from './module-imports.ts';
import type { ModuleImport } from './module-imports.ts';
import { isTest, isTypeScript } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

function covers(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern));
}

/** `app/photos/` for a file of a feature, null for any other. */
function featureOf(path: string, rule: ImportRule): string | null {
  return rule.of.includes('app/') ? (/^app\/[^/]+\//.exec(path)?.[0] ?? null) : null;
}

function isAllowedFile(rule: ImportRule, from: string, { target, isTypeOnly }: ModuleImport): boolean {
  if (isTest(target)) return false;
  if (covers(rule.mayImport, target)) return true;
  if (isTypeOnly && covers(rule.typesOf ?? [], target)) return true;
  const feature = featureOf(from, rule);
  // A feature sees all of itself, and of another one only its service.
  return feature !== null && (target.startsWith(feature) || /^app\/[^/]+\/[^/]+-service\.ts$/.test(target));
}

/** Types are loaded by nobody: those of Node's own, and what types of schemas are told by. */
const knownByTypes = new Set(['node:', 'typebox']);

function isAllowedPackage(
  rule: ImportRule,
  from: string,
  { target: specifier, isTypeOnly }: ModuleImport,
): boolean {
  if (specifier === computedImport) return false;
  const name = specifier.startsWith('node:')
    ? 'node:'
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
  if (rule.packages !== undefined && !rule.packages.includes(name)) return false;
  const homes = packageHomes[specifier] ?? packageHomes[name];
  return homes === undefined || covers(homes, from) || (isTypeOnly && knownByTypes.has(name));
}

/** The import table holds: every import of product code is one that its row allows. */
export function checkImports(files: readonly SourceFile[]): string[] {
  const product = files.filter((file) => isTypeScript(file) && !isTest(file.path));
  return product.flatMap((file) => {
    const rule = importTable.find(({ of }) => covers(of, file.path));
    if (rule === undefined) return [`${file.path} lies where no row of tests/tidy/import-table.ts covers it`];
    return importsOf(file)
      .filter((found) =>
        found.isPackage ? !isAllowedPackage(rule, file.path, found) : !isAllowedFile(rule, file.path, found),
      )
      .map(
        ({ target, isTypeOnly }) => `${file.path} may not import ${isTypeOnly ? 'types of ' : ''}${target}`,
      );
  });
}

/** No file imports itself by way of others, types included. Names one cycle per file that closes one. */
export function checkCycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(
    files.filter(isTypeScript).map((file) => {
      const targets = importsOf(file).filter((found) => !found.isPackage);
      return [file.path, targets.map(({ target }) => target)] as const;
    }),
  );
  const complaints: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, above: readonly string[]): void => {
    const first = above.indexOf(path);
    if (first >= 0) {
      complaints.push(`import cycle: ${[...above.slice(first), path].join(' -> ')}`);
      return;
    }
    if (finished.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...above, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return complaints;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function isWithin(folder: string, outer: string): boolean {
  return outer === '' || folder === outer || folder.startsWith(`${outer}/`);
}

/**
 * No two folders import each other, types included, so that each can be read with only those in mind that it builds on. A folder
 * and those above it are one room with closets: they are free. Names an import of each way.
 */
export function checkTwoWay(files: readonly SourceFile[]): string[] {
  const firstImport = new Map<string, string>();
  const product = files.filter((file) => isTypeScript(file) && !isTest(file.path));
  for (const file of product) {
    for (const { isPackage, target } of importsOf(file)) {
      const arrow = `${folderOf(file.path)} -> ${folderOf(target)}`;
      if (!isPackage && !firstImport.has(arrow)) firstImport.set(arrow, `${file.path} imports ${target}`);
    }
  }
  return [...firstImport].flatMap(([arrow, example]) => {
    const [from = '', to = ''] = arrow.split(' -> ');
    const back = firstImport.get(`${to} -> ${from}`);
    if (back === undefined || from >= to || isWithin(from, to) || isWithin(to, from)) return [];
    return [`${from} and ${to} import each other: ${example}, ${back}`];
  });
}

/** Imports lead to files that exist, by their real name. */
export function checkTargets(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  return files.filter(isTypeScript).flatMap((file) =>
    importsOf(file)
      .filter((found) => !found.isPackage && !known.has(found.target))
      .map(({ target }) => `${file.path} imports ${target}, which does not exist`),
  );
}
