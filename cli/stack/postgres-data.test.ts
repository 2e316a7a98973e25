import assert from 'node:assert/strict';
import { existsSync, rmSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { markFileOf } from './whole-folder.ts';
import { startPostgres } from './postgres-server.ts';
import type { PostgresServer } from './postgres-server.ts';

const { context: base, copyData, remove } = createTestStack({ hasData: true });
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

type Breakage = {
  readonly breakIt: () => void;
  readonly because: RegExp;
  /** The new ones are made to the end, and a server is started on them; of others it is seen that they are begun. */
  readonly isMadeToTheEnd?: true;
};

const breakages: Readonly<Record<string, Breakage>> = {
  'of an older major version': {
    breakIt: () => writeFileSync(join(folder, 'PG_VERSION'), '17\n'),
    because: /they are of version 17, and this is 18/,
    isMadeToTheEnd: true,
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
    isMadeToTheEnd: true,
  },
};

test('data are kept from run to run', async () => {
  assert.deepEqual(await restart(), { said: [], isKept: false });
  assert.deepEqual(await restart(), { said: [], isKept: true });
});

/** Starts it on data that cannot be used, and ends that as soon as it is told: to make new ones takes a second of CPU. */
async function startUntilTold(): Promise<string[]> {
  const told: string[] = [];
  const ending = new AbortController();
  const report = (message: string): void => {
    if (!message.includes('made anew')) return;
    told.push(message);
    ending.abort();
  };
  await assert.rejects(startPostgres({ ...context, report, signal: ending.signal }));
  return told;
}

for (const [what, { breakIt, because, isMadeToTheEnd }] of Object.entries(breakages)) {
  const assertTold = (told: readonly string[]): void => {
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', because);
    assert.doesNotMatch(told[0] ?? '', /\n/);
  };
  test(`data ${what} are made anew, which is told in one line`, async () => {
    if (!existsSync(folder)) copyData();
    breakIt();
    if (isMadeToTheEnd === true) {
      const { said: told, isKept } = await restart();
      assertTold(told);
      assert.equal(isKept, false);
      return;
    }
    assertTold(await startUntilTold());
    for (const path of [folder, markFileOf(folder)])
      assert.ok(!existsSync(path), `${path} is left of what was there`);
  });
}

test('data that were made anew are kept', async () => {
  assert.deepEqual(await restart(), { said: [], isKept: true });
});

test('where new data do not help either, the way out is named', async () => {
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
