import { Visitor, parseSync } from 'oxc-parser';
import { isTest, isTypeScript } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

/** The places where chance enters the program. */
function isChanceHome(path: string): boolean {
  return ['app/process/process-parts.ts', 'cli/main.ts'].includes(path) || path.startsWith('cli/commands/');
}

/**
 * No `enum`, no bare `Error`, no connection to PostgreSQL whose gaps the variables of a shell would fill, no SQL that is not a named
 * statement, and no chance but where the program begins.
 */
export function checkConstructs(files: readonly SourceFile[]): string[] {
  return files.filter((file) => isTypeScript(file) && !isTest(file.path)).flatMap(complaintsOf);
}

function complaintsOf({ path, text }: SourceFile): string[] {
  const complaints: string[] = [];
  const add = (start: number, what: string) => {
    complaints.push(`${path}:${text.slice(0, start).split('\n').length} ${what}`);
  };
  const onCreate = (start: number, name: string) => {
    if (name === 'Error') add(start, 'throws a bare Error: use DarkroomError or CommandError');
  };
  new Visitor({
    TSEnumDeclaration: ({ start }) => add(start, 'declares an enum: use a union of texts'),
    NewExpression: (node) => {
      if (node.callee.type === 'Identifier') onCreate(node.start, node.callee.name);
      const made = text.slice(node.start, node.end);
      if (/^new pg\.(Client|Pool)\b/.test(made) && !made.includes('connectionTo('))
        add(node.start, 'connects to PostgreSQL as the shell says, too: use connectionTo');
    },
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier') onCreate(node.start, node.callee.name);
      const asked = text.slice(node.callee.start, node.callee.end);
      const [first] = node.arguments;
      if (path.startsWith('app/') && asked.endsWith('.query') && isText(first?.type))
        add(node.start, 'sends SQL without a name: make it a Statement of this file');
    },
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      const name = `${node.object.name}.${node.property.name}`;
      if (name === 'Math.random' && !isChanceHome(path))
        add(node.start, 'draws by chance: take a random source');
    },
  }).visit(parseSync(path, text).program);
  return complaints;
}

const isText = (type: string | undefined): boolean => type === 'Literal' || type === 'TemplateLiteral';

/** What belongs to one machine or one network and not to the repository. */
const foreign = [
  { pattern: /(?<![\w.~-])\/(work|root|home|Users|tmp)\/[\w.]/, what: 'an absolute path of some machine' },
  {
    pattern: /\b(registry\.\w+\.\w+|proxy\.golang\.org|deb\.debian\.org|files\.pythonhosted\.org)\b/,
    what: 'a registry host',
  },
];

/** Nothing that is true on one machine only. */
export function checkForeignText(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        foreign
          .filter(({ pattern }) => pattern.test(line))
          .map(({ what }) => `${path}:${index + 1} names ${what}`),
      ),
  );
}
