import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { rowSources } from '../cli/worlds/row-sources.ts';
import { importsOf } from './tidy/module-imports.ts';
import { readRepository } from './tidy/source-file.ts';

/** What makes a seeded database; what these import makes it too, except where a reason is given. */
const makers = [
  'app/storage/migrate.ts',
  'app/storage/seed.ts',
  'loadtests/workloads/population.ts',
  'loadtests/workloads/seed-database.ts',
  'loadtests/workloads/social-graph.ts',
];

/** Imported by what makes rows, and each without a say in what is in them. */
const makesNoRows: Readonly<Record<string, string>> = {
  'app/errors.ts': 'says what went wrong',
  'app/storage/migrate.ts':
    'runs migrations, which are in the digest, in the order of their names, which are too',
  'app/storage/own-database.ts': 'keeps off the databases of others',
  'app/storage/own-connection.ts': 'opens a connection, and closes it',
  'app/storage/connection-settings.ts':
    'says where the database is, and tells triggers that versions are raised by who writes',
  'app/storage/statement.ts': 'is a type',
  'app/storage/transaction.ts': 'begins and ends',
};

const repository = new Map(
  readRepository(join(import.meta.dirname, '..')).map((file) => [file.path, file] as const),
);

/** A file with all that it imports, by way of others too. */
function closureOf(path: string, seen = new Set<string>()): Set<string> {
  const file = repository.get(path);
  if (file === undefined || seen.has(path)) return seen;
  seen.add(path);
  for (const { target, isPackage } of importsOf(file)) if (!isPackage) closureOf(target, seen);
  return seen;
}

it('the digest of a seeded database covers all that makes its rows, and nothing else', () => {
  const found = new Set(makers.flatMap((path) => [...closureOf(path)]));
  const expected = [...found].filter((path) => !(path in makesNoRows));
  const files = rowSources.filter((source) => !source.endsWith('/'));
  assert.deepEqual(files.toSorted(), expected.toSorted());
  for (const path of Object.keys(makesNoRows)) assert.ok(found.has(path), `${path} is no longer imported`);
  assert.ok(rowSources.includes('app/storage/migrations/'));
});
