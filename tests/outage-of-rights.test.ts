import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createCuttableLink } from './support/cuttable-link.ts';
import type { CuttableLink } from './support/cuttable-link.ts';
import type { TestDatabase } from './support/databases.ts';
import { assertProblem, createSeededDatabase, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';
import { village } from './support/village-rows.ts';
import { waitUntil } from './support/wait-until.ts';

let database: TestDatabase;
let link: CuttableLink;
let app: TestApp;
before(async () => {
  database = await createSeededDatabase();
  link = await createCuttableLink(database.url);
  app = await startTestApp({
    databaseUrl: link.url,
    candidate: 'stale-if-error:tiers=memory,invalidation=ttl,ttl=100ms,stale=1h',
    environment: { DARKROOM_RIGHTS_LEASE_MS: '4000' },
  });
});
after(async () => {
  await link.mend();
  await app.close();
  await link.close();
  await database.drop();
});

const photo = '/photos/31';
const read = (viewer?: number) => app.ask('GET', photo, viewer === undefined ? {} : { viewer });
/** What its metrics say of rights. */
async function toldOfRights(): Promise<{ readonly known: number; readonly refusals: number }> {
  const text = await app.metrics.registry.metrics();
  const valueOf = (name: string) => Number(new RegExp(`^${name}(?:{[^}]*})? (\\d+)$`, 'm').exec(text)?.[1]);
  return { known: valueOf('darkroom_rights_known'), refusals: valueOf('darkroom_rights_refusals_total') };
}

test('while PostgreSQL is away an expired entry is served as long as rights are known, then refused, to all alike', async () => {
  assert.equal((await read()).statusCode, 200);
  assert.deepEqual(await toldOfRights(), { known: 1, refusals: 0 });
  await link.cut();
  const cacheStatus = async () => String((await read()).headers['cache-status']);
  await waitUntil(async () => (await cacheStatus()).startsWith('memory; hit; ttl=-'));
  assert.equal((await toldOfRights()).known, 1);
  const before = new Set<string>();
  await waitUntil(async () => {
    const answer = await read();
    if (answer.statusCode === 200) return false;
    before.add(answer.json<{ code: string }>().code);
    return true;
  });
  assert.deepEqual([...before], ['RIGHTS_UNKNOWN'], 'nothing else was refused');
  for (const viewer of [undefined, village.hermit, village.sudden])
    assertProblem(await read(viewer), 503, 'RIGHTS_UNKNOWN');
  assert.equal((await app.ask('GET', '/health/live')).statusCode, 200);
  const told = await toldOfRights();
  assert.equal(told.known, 0);
  assert.ok(told.refusals >= 4, `${told.refusals} refusals`);

  await link.mend();
  await waitUntil(async () => (await read()).statusCode === 200);
  assert.equal((await toldOfRights()).known, 1);
});
