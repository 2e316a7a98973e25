import { basename, dirname } from 'node:path/posix';
import { importsOf } from './module-imports.ts';
import { isTest, isTypeScript } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

const linesMax = 400;
const testLinesMax = 500;
const foldersMax = 4;
const vagueWords = /(^|-)(utils?|helpers?|common|types?|misc|shared|stuff)(\.test|\.d)?(\.ts)?$/;
/** A list, a program's start, a program's errors, the definition and the figures of a system: there the folder says which. */
const ownNames = /^(index|main|errors|system|figures)\.ts$/;

function lineCount({ text }: SourceFile): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** No file is too long to be one idea. */
export function checkLengths(files: readonly SourceFile[]): string[] {
  return files.filter(isTypeScript).flatMap((file) => {
    const lines = lineCount(file);
    const most = isTest(file.path) ? testLinesMax : linesMax;
    return lines > most ? [`${file.path} has ${lines} lines, more than ${most}: split it by idea`] : [];
  });
}

/** Over the whole product, half of the files stay under 100 lines and nine in ten under 250. */
export function checkLengthShares(files: readonly SourceFile[]): string[] {
  const lengths = files.filter((file) => isTypeScript(file) && !isTest(file.path)).map(lineCount);
  const shareUnder = (lines: number) => lengths.filter((length) => length < lines).length / lengths.length;
  return [
    { lines: 100, least: 0.5 },
    { lines: 250, least: 0.9 },
  ]
    .filter(({ lines, least }) => shareUnder(lines) < least)
    .map(
      ({ lines, least }) =>
        `only ${Math.round(shareUnder(lines) * 100)} % of the files are under ${lines} lines, not ${least * 100} %`,
    );
}

/** A file can be found by its name alone, and the name says what it is. */
export function checkNames(files: readonly SourceFile[]): string[] {
  const seen = new Map<string, string>();
  return files.filter(isTypeScript).flatMap(({ path }) => {
    const name = basename(path);
    const complaints: string[] = [];
    const other = seen.get(name);
    if (other !== undefined && !ownNames.test(name)) complaints.push(`${path} has the same name as ${other}`);
    seen.set(name, path);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(name))
      complaints.push(`${path} is not in kebab-case`);
    if (path.split('/').some((part) => vagueWords.test(part)))
      complaints.push(`${path} has a name that says nothing`);
    if (path.split('/').length - 1 > foldersMax)
      complaints.push(`${path} lies deeper than ${foldersMax} folders`);
    return complaints;
  });
}

/** A folder with an index.ts is a list: each file in it is a line there. */
export function checkLists(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => basename(path) === 'index.ts')
    .flatMap((list) => {
      const listed = new Set(importsOf(list).map(({ target }) => target));
      return files
        .filter(
          (file) => isTypeScript(file) && !isTest(file.path) && dirname(file.path) === dirname(list.path),
        )
        .filter((file) => file.path !== list.path && !listed.has(file.path))
        .map((file) => `${file.path} is missing from ${list.path}`);
    });
}

/** k6 scenarios cannot be imported by Node: their list names them by path. */
export function checkScenarioList(files: readonly SourceFile[]): string[] {
  const list = files.find(({ path }) => path === 'loadtests/workloads/scenario-list.ts')?.text ?? '';
  return files
    .filter(({ path }) => path.startsWith('loadtests/scenarios/') && !list.includes(`'${path}'`))
    .map(({ path }) => `${path} is missing from loadtests/workloads/scenario-list.ts`);
}
