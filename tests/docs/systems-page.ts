import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRepository } from '../tidy/source-file.ts';
import { markdownTable } from './overview-tables.ts';
import { findRowTests } from './row-tests.ts';
import type { RowTest } from './row-tests.ts';
import { claims, publishedSystems, unproven } from './system-rows.ts';
import type { PublishedSystem } from './system-rows.ts';

const root = join(import.meta.dirname, '..', '..');

/** Where the page is kept. */
export const systemsFile = join(root, 'docs', 'systems.md');

/** The tests of this repository that prove rows. */
export function readRowTests(): readonly RowTest[] {
  return findRowTests(readRepository(root));
}

const testText = ({ says, path }: RowTest): string => `“${says}” ([\`${path}\`](../${path}))`;

function sectionOf({ prefix, title, source }: PublishedSystem, tests: readonly RowTest[]): string {
  const rows = Object.entries(claims)
    .filter(([id]) => id.startsWith(`${prefix}-`) && !unproven.includes(id))
    .map(([id, claim]) => [
      id,
      claim,
      tests
        .filter((test) => test.id === id)
        .map(testText)
        .join('<br>'),
    ]);
  return `## ${title}\n\nAfter <${source}>.\n\n${markdownTable(['row', 'what is claimed', 'shown by'], rows)}`;
}

/** What the service has of each published system, with the tests that show it. */
export function composeSystemsPage(tests: readonly RowTest[]): string {
  const intro = [
    '# Systems',
    '',
    'Written by `npm run docs` from the names of the tests. The service is built after published descriptions of systems; each row is',
    'something that such a system does, in one sentence, with every test whose name begins with the id of the row. A test fails when',
    'a row has none, and `npm test` runs them all.',
  ].join('\n');
  return `${[intro, ...publishedSystems.map((system) => sectionOf(system, tests))].join('\n\n')}\n`;
}

// `npm run docs` writes it anew.
if (import.meta.main) writeFileSync(systemsFile, composeSystemsPage(readRowTests()));
