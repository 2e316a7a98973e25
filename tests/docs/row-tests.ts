import { Visitor, parseSync } from 'oxc-parser';
import type { SourceFile } from '../tidy/source-file.ts';

/** A test that proves a row: its name begins with the id of that row. */
export type RowTest = { readonly id: string; readonly says: string; readonly path: string };

const rowName = /^([A-Z]{2}-\d+): (.+)$/s;
const runsTests = new Set(['test', 'it', 'describe']);

/** Every test of these files whose name begins with the id of a row, in the order of files. Skipped ones prove nothing. */
export function findRowTests(files: readonly SourceFile[]): readonly RowTest[] {
  return files
    .filter(({ path, text }) => path.endsWith('.test.ts') && /\b[A-Z]{2}-\d+: /.test(text))
    .flatMap(({ path, text }) =>
      testNames(path, text).flatMap((name) => {
        const [, id, says] = rowName.exec(name) ?? [];
        return id === undefined || says === undefined ? [] : [{ id, says, path }];
      }),
    );
}

/** The names of the tests that a file declares; `…` stands for the parts that are filled in when it runs. */
function testNames(path: string, text: string): string[] {
  const names: string[] = [];
  new Visitor({
    CallExpression({ callee, arguments: [name] }) {
      if (callee.type !== 'Identifier' || !runsTests.has(callee.name)) return;
      if (name?.type === 'Literal' && typeof name.value === 'string') names.push(name.value);
      if (name?.type === 'TemplateLiteral')
        names.push(name.quasis.map(({ value }) => value.cooked ?? value.raw).join('…'));
    },
  }).visit(parseSync(path, text).program);
  return names;
}
