import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connected } from '../../tests/support/connected-storage.ts';
import { createTestDatabase } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { runCli } from '../../tests/support/run-cli.ts';
import { createSeededDatabase } from '../../tests/support/test-app.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { createStorage } from '../../app/storage/postgres.ts';
import type { Storage } from '../../app/storage/postgres.ts';
import { CommandError } from '../errors.ts';
import { ownPlace, publishAddresses, withdrawAddresses } from '../watch/addresses.ts';
import { listOutbox, replayOutbox } from './outbox.ts';
import type { Terminal } from './terminal.ts';

let database: TestDatabase;
let storage: Storage;
before(async () => {
  database = await createSeededDatabase();
  storage = createStorage(database.url, 1, () => {});
  await connected(storage);
  const text = `
    INSERT INTO outbox_dead_letters (id, author_id, type, payload, created_at, died_at, attempts, done, consumer, reason)
    SELECT id, 2, 'liked', '{"postId": 1}', now(), now(), 10, '{}', 'activity', E'ROW_REFUSED:\\nno' FROM generate_series(11, 13) AS id`;
  await storage.query({ name: 'bury_three', text }, []);
});
after(async () => {
  await storage.close();
  await database.drop();
});

const outbox = async (...args: readonly string[]) => {
  const { status, stdout, stderr } = await runCli(['outbox', ...args]).ended;
  return { status, stdout, stderr };
};
const idsIn = async (table: string): Promise<string[]> =>
  (await storage.query<{ id: string }>({ name: table, text: `SELECT id FROM ${table} ORDER BY id` }, [])).map(
    ({ id }) => id,
  );

test('messages that were given up are listed, for people and as JSON', async () => {
  const listed = await outbox('list', '--database', database.url, '--limit', '2');
  assert.equal(listed.status, 0, listed.stderr);
  assert.match(listed.stdout, /^0 messages wait, 3 were given up\n/);
  assert.match(listed.stdout, /\n11 +liked +2 +10 +\S+Z +activity +ROW_REFUSED: no\n/);
  assert.doesNotMatch(listed.stdout, /\n13 /);
  assert.match(listed.stderr, /the oldest 2/);
  const { stdout } = await outbox('list', '--database', database.url, '--json');
  const { waiting, deadLetters, letters } = JSON.parse(stdout) as {
    waiting: number;
    deadLetters: number;
    letters: { id: string; payload: unknown }[];
  };
  assert.deepEqual([waiting, deadLetters, letters.map(({ id }) => id)], [0, 3, ['11', '12', '13']]);
  assert.deepEqual(letters[0]?.payload, { postId: 1 });
});

test('one is replayed by its id, the others by --all, and one that is not there is said', async () => {
  const one = await outbox('replay', '12', '99', '--database', database.url);
  assert.equal(one.status, 2);
  assert.match(one.stdout, /^1 messages are in the outbox again, 2 are left\n$/);
  assert.match(one.stderr, /There is no dead letter 99/);
  assert.deepEqual([await idsIn('outbox'), await idsIn('outbox_dead_letters')], [['12'], ['11', '13']]);
  const all = await outbox('replay', '--all', '--database', database.url, '--json');
  assert.equal(all.status, 0, all.stderr);
  assert.deepEqual(JSON.parse(all.stdout), { replayed: ['11', '13'], missing: [], left: 0 });
  assert.deepEqual([await idsIn('outbox'), await idsIn('outbox_dead_letters')], [['11', '12', '13'], []]);
});

/** What commands print here, in a checkout of its own. */
const { context, remove } = createTestStack();
after(remove);
const printed: string[] = [];
const terminal: Terminal = {
  version: '0',
  checkout: context.paths.checkout,
  clock: createFakeClock(),
  columns: null,
  signal: context.signal,
  print: (text) => void printed.push(text),
  progress: () => {},
  report: () => {},
  ask: () => Promise.resolve(null),
  printed: () => Promise.resolve(null),
  exitWith: () => {},
  logUnforeseen: () => '',
  close: () => {},
};
const list = (which: { readonly database?: string; readonly candidate?: string } = {}) =>
  listOutbox(terminal, { ...which, limit: 1 });
const isUsage = (says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CommandError);
  assert.equal(error.reason, 'usage');
  const text = `${error.message} ${error.remedy ?? ''}`;
  assert.match(text, says);
  assert.doesNotMatch(text, /secret/);
  return true;
};

test('what makes no sense is refused with what to do', async () => {
  const empty = await createTestDatabase();
  try {
    const replay = (...ids: readonly string[]) => replayOutbox(terminal, ids, { database: database.url });
    await assert.rejects(replay(), isUsage(/ids of dead letters, or --all.*outbox list/));
    for (const id of ['x1', '-1', '9223372036854775808', '1'.repeat(40)])
      await assert.rejects(replay(id), isUsage(/is no id of a message.*outbox list/));
    await assert.rejects(list({ database: 'mysql://nobody:secret@x/y' }), isUsage(/begins with postgres/));
    await assert.rejects(list({ database: empty.url }), isUsage(/has no outbox.*darkroom seed/));
    await assert.rejects(list({ database: empty.url, candidate: 'no-cache' }), isUsage(/--candidate is of/));
    await assert.rejects(list(), isUsage(/No "darkroom up" runs here.*--database/));
  } finally {
    await empty.drop();
  }
});

test('of the candidates that run, the one that is named is asked', async () => {
  const { paths } = context;
  const runs = (...candidates: readonly string[]) =>
    publishAddresses(paths, {
      ...ownPlace(paths),
      startedAtMs: 1,
      candidates: candidates.map((candidate) => ({
        candidate,
        replicas: [],
        openApi: '',
        // Nobody listens at the other one.
        database: candidate === 'feed=push' ? database.url : 'postgres://127.0.0.1:1/nobody',
      })),
    });
  after(() => withdrawAddresses(paths));
  runs('feed=push');
  await list();
  assert.match(printed.at(-1) ?? '', /^3 messages wait, 0 were given up/);
  runs('feed=push', 'outbox=on');
  await assert.rejects(list(), isUsage(/Several candidates run: feed=push, outbox=on\..*--candidate/));
  await list({ candidate: 'cache-aside:feed=push' });
  await assert.rejects(
    list({ candidate: 'feed=hybrid' }),
    isUsage(/No candidate cache-aside:feed=hybrid runs/),
  );
});
