import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folderOfLists = join(import.meta.dirname, '..', '..', 'app', 'cache');

/** A doc comment as prose: without its stars, each paragraph on one line. */
function proseOf(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .join('\n')
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll('\n', ' '))
    .join('\n\n');
}

/** The comment over the definition that a file exports, by the definition's name. Throws a RangeError where one lacks. */
function commentOf(file: string, text: string): readonly [string, string] {
  const definition =
    /^export const \w+: (?:TieredDefinition|UntieredDefinition|EvictionPolicy) = \{[^]*?\n {2}name: '([^']+)'/m.exec(
      text,
    );
  const comment = /\/\*\*((?:(?!\*\/)[^])*)\*\/\n$/.exec(text.slice(0, definition?.index ?? 0));
  if (definition === null || comment === null)
    throw new RangeError(`${file} has no doc comment over the definition that it exports`);
  return [definition[1] as string, proseOf(comment[1] as string)];
}

/** What stands over each definition of a list: of `strategies` or of `eviction`. */
export function readDocComments(list: 'strategies' | 'eviction'): ReadonlyMap<string, string> {
  const folder = join(folderOfLists, list);
  const files = readdirSync(folder).filter(
    (file) => file.endsWith('.ts') && !/^index|\.test\.ts$/.test(file),
  );
  return new Map(files.map((file) => commentOf(file, readFileSync(join(folder, file), 'utf8'))));
}
