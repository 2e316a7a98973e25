import assert from 'node:assert/strict';
import { rmSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { markFileOf } from './whole-folder.ts';
import { startPostgres } from './postgres-server.ts';
import type { PostgresServer } from './postgres-server.ts';

const { context: base, remove } = createTestStack();
after(remove);
const said: string[] = [];
const context = { ...base, report: (message: string) => void said.push(message) };
const folder = join(context.paths.data, 'postgres-1');
const kept = 'darkroom_template_kept';
const mark = { kind: 'template', run: '0123456789ab', owner: 'a test' };

/** Starts it and tells what was said, and whether what was in it before is there. */
async function restart(): Promise<{ readonly said: string[]; readonly isKept: boolean }> {
  said.length = 0;
  const server: PostgresServer = await startPostgres(context);
  try {
    const isKept = await server.databaseExists(kept);
    if (!isKept) await server.createDatabase(kept, mark);
    return { said: said.filter((line) => line.includes('made anew')), isKept };
  } finally {
    await server.stop();
  }
}

const breakages: Readonly<Record<string, { readonly breakIt: () => void; readonly because: RegExp }>> = {
  'of an older major version': {
    breakIt: () => writeFileSync(join(folder, 'PG_VERSION'), '17\n'),
    because: /they are of version 17, and this is 18/,
  },
  'without the empty folders that a cleaner of temporary files has removed': {
    breakIt: () => {
      for (const name of ['pg_notify', 'pg_twophase', join('pg_wal', 'archive_status')])
        rmdirSync(join(folder, name));
    },
    because: /some of their files or folders are gone/,
  },
  'without their control file': {
    breakIt: () => rmSync(join(folder, 'global', 'pg_control')),
    because: /some of their files or folders are gone/,
  },
  'that were not made to the end': {
    breakIt: () => rmSync(markFileOf(folder)),
    because: /they were not made completely/,
  },
  'whose password is lost': {
    breakIt: () => rmSync(`${folder}.password`),
    because: /they were not made completely/,
  },
  'that look complete and that the server refuses': {
    breakIt: () => truncateSync(join(folder, 'global', 'pg_control'), 100),
    because: /the server does not start on them \(.*pg_control/,
  },
};

test('data are kept from run to run', async () => {
  assert.deepEqual(await restart(), { said: [], isKept: false });
  assert.deepEqual(await restart(), { said: [], isKept: true });
});

for (const [what, { breakIt, because }] of Object.entries(breakages)) {
  test(`data ${what} are made anew, which is told in one line`, async () => {
    breakIt();
    const mended = await restart();
    assert.equal(mended.said.length, 1);
    assert.match(mended.said[0] ?? '', because);
    assert.doesNotMatch(mended.said[0] ?? '', /\n/);
    assert.equal(mended.isKept, false);
    assert.deepEqual(await restart(), { said: [], isKept: true });
  });
}

test('where new data do not help either, the way out is named', async () => {
  await restart();
  // No server comes up with it, whatever its data are.
  const failing = startPostgres(context, { connections: 10_000_000 });
  await assert.rejects(failing, (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.reason, 'cannotProvision');
    return error.remedy?.includes('darkroom clean') ?? false;
  });
});

test(
  'a number that a killed server has left, and that somebody else has now, does not make its data useless',
  { skip: process.platform !== 'linux' && 'whose it is can only be told on Linux' },
  async () => {
    await restart();
    writeFileSync(join(folder, 'postmaster.pid'), `${process.pid}\n${folder}\n`);
    assert.deepEqual(await restart(), { said: [], isKept: true });
  },
);

test('data that a server is at work on are not touched, though nobody holds their lock', async () => {
  const server = await startPostgres(context);
  try {
    for (const suffix of ['lock', 'run']) rmSync(`${folder}.${suffix}`);
    const second = await startPostgres(context);
    assert.equal(await second.databaseExists(kept), false);
    assert.equal(await server.databaseExists(kept), true);
    await second.stop();
  } finally {
    await server.stop();
  }
});
