import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import pg from 'pg';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { CommandError } from '../errors.ts';
import { startPostgres } from '../stack/postgres-server.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import { startServerRun } from '../stack/server-run.ts';
import { clean } from './clean.ts';
import { createTerminal } from './terminal.ts';

const { context, remove } = createTestStack({ hasData: true });
const terminal = createTerminal(process);
let postgres: PostgresServer;
let admin: pg.Client;
let checkout: string;

before(async () => {
  postgres = await startPostgres(context);
  admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  process.env['DATABASE_URL'] = postgres.adminUrl;
});
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'darkroom-cleaned-'));
  process.env['DARKROOM_CACHE_DIR'] = join(checkout, 'cache');
});
after(async () => {
  await admin.end();
  await postgres.stop();
  terminal.close();
  remove();
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** Runs the command in a checkout of its own. `answer`: what somebody at a terminal says; null: nobody is there. */
async function runClean({ yes = false, answer = null as string | null } = {}) {
  let said = '';
  const hear = (text: string) => void (said += text);
  const report = (text: string) => hear(`${text}\n`);
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answer;
  };
  const heard = { ...terminal, checkout, print: hear, progress: hear, report, ask };
  const failure = await clean(heard, yes).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(failure === null || failure instanceof CommandError, String(failure));
  return { said, failure, asked };
}

const databases = async (): Promise<string[]> => {
  const { rows } = await admin.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE datname LIKE 'darkroom%' ORDER BY 1",
  );
  return rows.map(({ datname }) => datname);
};

/** A template and a world that a dead run has left, and two databases of others. */
async function fillServer() {
  const run = await startServerRun(postgres.adminUrl, '/elsewhere');
  const [world, template] = [`darkroom_world_${run.id}_1`, `darkroom_template_${run.id}_1_1_1`];
  await postgres.createDatabase(world, run.mark('world'));
  await postgres.createDatabase(template, { ...run.mark('draft', 'x_1_1_1'), kind: 'template' });
  const theirs = ['darkroom_dev', 'darkroom_prod_photos'];
  for (const name of theirs) await admin.query(`CREATE DATABASE ${name}`);
  const empty = async () => {
    for (const name of theirs) await admin.query(`DROP DATABASE ${name}`);
    for (const { name } of await postgres.listOwnDatabases()) await postgres.dropDatabase(name);
  };
  return { run, world, template, theirs, empty };
}

test('clean lists, asks, and drops what bears our mark: nothing else, and nothing unasked', async () => {
  const { run, world, template, theirs, empty } = await fillServer();
  await run.end();
  const all = [...theirs, template, world].toSorted();
  const nobodyThere = await runClean();
  assert.equal(nobodyThere.failure?.exitCode, 2);
  assert.match(nobodyThere.failure?.message ?? '', /no terminal to ask on/);
  assert.match(nobodyThere.failure?.remedy ?? '', /--yes/);
  for (const name of [world, template]) assert.match(nobodyThere.said, new RegExp(`database ${name} \\(`));
  for (const name of theirs) assert.doesNotMatch(nobodyThere.said, new RegExp(name));
  for (const answer of ['', 'n', 'yesterday']) {
    const { failure } = await runClean({ answer });
    assert.equal(failure?.exitCode, 2);
  }
  assert.deepEqual(await databases(), all);
  assert.equal(existsSync(join(checkout, '.darkroom')), true);
  const { failure, asked } = await runClean({ answer: 'y' });
  assert.deepEqual([failure, asked.length], [null, 1]);
  assert.deepEqual(await databases(), theirs);
  assert.equal(existsSync(join(checkout, '.darkroom')), false);
  assert.equal(existsSync(join(checkout, 'cache')), false);
  await empty();
});

test('clean works when DATABASE_URL names a database of ours, and one of somebody else', async () => {
  const { run, world, theirs, empty } = await fillServer();
  await run.end();
  for (const name of [world, 'darkroom_dev']) {
    process.env['DATABASE_URL'] = postgres.urlOf(name);
    const { failure } = await runClean({ yes: true });
    assert.equal(failure, null);
    assert.deepEqual(await databases(), theirs);
  }
  process.env['DATABASE_URL'] = postgres.adminUrl;
  await empty();
});

test('clean keeps what a run elsewhere uses, and says so', async () => {
  const { run, world, template, theirs, empty } = await fillServer();
  const { said, failure } = await runClean({ yes: true });
  assert.equal(failure, null);
  assert.match(said, new RegExp(`Kept:\\n +database ${world} .*a run that is going on uses`));
  assert.deepEqual(await databases(), [...theirs, world].toSorted());
  assert.match(said, new RegExp(`Dropped ${template}`));
  await run.end();
  await empty();
});

test('clean removes the rest when somebody is connected to one of them, and fails with its name', async () => {
  const { run, world, template, theirs, empty } = await fillServer();
  await run.end();
  const reader = new pg.Client({ connectionString: postgres.urlOf(template) });
  await reader.connect();
  const { failure } = await runClean({ yes: true });
  await reader.end();
  assert.equal(failure?.exitCode, 20);
  assert.match(failure?.message ?? '', new RegExp(`${template}: .*being accessed by other users`));
  assert.deepEqual(await databases(), [...theirs, template].toSorted());
  assert.equal((await databases()).includes(world), false);
  assert.equal(existsSync(join(checkout, '.darkroom')), false);
  await empty();
});

test('clean leaves a cache folder that holds what Darkroom did not put there', async () => {
  const shared = join(checkout, 'home');
  mkdirSync(shared);
  writeFileSync(join(shared, 'thesis.txt'), 'years of work');
  process.env['DARKROOM_CACHE_DIR'] = shared;
  const { said, failure } = await runClean({ yes: true });
  assert.equal(failure, null);
  assert.match(said, /Kept:\n +folder +.*home, which Darkroom did not make/);
  assert.equal(existsSync(join(shared, 'thesis.txt')), true);
});
