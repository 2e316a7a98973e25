import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createSystemClock } from '../../app/clock.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { createDatabaseAdmin } from '../stack/database-admin.ts';
import { templateKeyOf } from '../stack/database-mark.ts';
import { startPostgres } from '../stack/postgres-server.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import { startServerRun } from '../stack/server-run.ts';
import { ensureSeededTemplate } from './seeded-template.ts';
import type { Stack } from './world.ts';

const { context, remove } = createTestStack({ hasData: true });
const checkout = join(import.meta.dirname, '..', '..');
let postgres: PostgresServer;
before(async () => {
  postgres = await startPostgres(context);
});
after(async () => {
  await postgres.stop();
  remove();
});

async function makeStack(t: TestContext, adminUrl = postgres.adminUrl) {
  const run = await startServerRun(adminUrl, checkout);
  t.after(run.end);
  const reports: string[] = [];
  const stack: Stack = {
    context: { ...context, report: (message) => void reports.push(message) },
    checkout,
    postgres: { ...postgres, ...createDatabaseAdmin(adminUrl) },
    run,
    clock: createSystemClock(),
  };
  return { stack, reports };
}

const size = (seed: number) => ({ people: 20, photos: 20, followers: 'heavy', seed }) as const;
const templates = async () =>
  (await postgres.listOwnDatabases()).filter(({ mark }) => mark.kind !== 'world').map(({ name }) => name);

test('runs that start together seed once and share it, from whichever database they work', async (t) => {
  const stacks = await Promise.all([makeStack(t), makeStack(t), makeStack(t, postgres.urlOf('template1'))]);
  const found = await Promise.all(stacks.map(({ stack }) => ensureSeededTemplate(stack, size(1))));
  assert.equal(new Set(found).size, 1);
  assert.deepEqual(await templates(), [found[0]]);
  const seedings = stacks.flatMap(({ reports }) => reports).filter((text) => text.startsWith('Seeding'));
  assert.equal(seedings.length, 1);
});

test('templates of another version are kept while a run needs one, and for a day; then they are dropped', async (t) => {
  const { stack, reports } = await makeStack(t);
  const { stack: other } = await makeStack(t);
  const make = async (contents: string, usedAt?: string) => {
    const name = `darkroom_template_${other.run.id}_${contents}`;
    const mark = { ...other.run.mark('draft', contents), kind: 'template' };
    await postgres.createDatabase(name, usedAt === undefined ? mark : { ...mark, usedAt });
    return name;
  };

  const agesAgo = '2020-01-01T00:00:00.000Z';
  const old = await make('old', agesAgo);
  const needed = await make('needed', agesAgo);
  const recent = await make('recent', new Date().toISOString());
  assert.equal(await other.run.tryLock(templateKeyOf(needed), 'shared'), true);
  const own = await ensureSeededTemplate(stack, size(2));
  const left = await templates();
  for (const name of [needed, recent, own]) assert.ok(left.includes(name), name);
  assert.equal(left.includes(old), false);
  assert.ok(reports.some((text) => text.startsWith(`Dropped ${old}, a template of another version`)));
  // The one that waited for it is gone, so nobody needs it any more.
  await other.run.unlock(templateKeyOf(needed), 'shared');
  await ensureSeededTemplate(stack, size(3));
  assert.equal((await templates()).includes(needed), false);
});

test('a database that only looks like the template is not used', async (t) => {
  const { stack } = await makeStack(t);
  const name = await ensureSeededTemplate(stack, size(4));
  const { mark } = (await postgres.listOwnDatabases()).find((each) => each.name === name) ?? {};
  assert.ok(mark !== undefined);
  // As it would be, had its run been killed while it was filled.
  await postgres.markDatabase(name, { ...mark, kind: 'draft' });
  const { stack: next } = await makeStack(t);
  const another = await ensureSeededTemplate(next, size(4));
  assert.notEqual(another, name);
});
