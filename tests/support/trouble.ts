import assert from 'node:assert/strict';
import { gatewayOperations, operations, pathOf } from '../../app/contract/operations.ts';
import { headers } from '../../app/contract/headers.ts';
import pg from 'pg';
import type { World } from '../../cli/worlds/world.ts';
import { waitUntil } from './wait-until.ts';

/** A busy machine takes its time; only what never comes is a failure. */
const limitMs = 150_000;
type Condition = () => Promise<boolean>;
/** How many people read at the same time, each a photo and a feed. */
const readsAtOnce = 60;

/** Kills the Redis of a world, and waits until its absence was noticed and whoever cares for it has started it again. */
export async function loseRedis({ redis }: World, isNoticed: Condition): Promise<void> {
  assert.ok(redis?.pid);
  process.kill(redis.pid, 'SIGKILL');
  await waitUntil(isNoticed, limitMs);
  await waitUntil(() => redis.isAlive(), limitMs);
}

/** The database of an address. */
export const databaseOf = (url: string): string => new URL(url).pathname.slice(1);

/** Lets nobody into a database, and nobody stay, until that was noticed. */
export async function loseDatabase(adminUrl: string, database: string, isNoticed: Condition): Promise<void> {
  // The commands come from another database, to which nobody else is connected.
  const elsewhere = Object.assign(new URL(adminUrl), { pathname: '/template1' });
  const admin = new pg.Client({ connectionString: elsewhere.href });
  await admin.connect();
  try {
    await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      database,
    ]);
    await waitUntil(isNoticed, limitMs);
  } finally {
    await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    await admin.end();
  }
}

/** Stops a replica in the middle of whatever it does, until that was noticed. */
export async function freezeReplica(world: World, isNoticed: Condition): Promise<void> {
  const pid = world.replicas()[0]?.process.pid ?? 0;
  assert.ok(pid > 0);
  process.kill(pid, 'SIGSTOP');
  try {
    await waitUntil(isNoticed, limitMs);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Counts something until the trouble was noticed: the load of people who browse counts nothing. */
export async function countThings(world: World, isNoticed: Condition): Promise<void> {
  const [address = ''] = world.addresses();
  await waitUntil(async () => {
    const response = await fetch(`${address}/counters/lab/things/add-and-get`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [headers.viewer]: '1' },
      body: JSON.stringify({ delta: 1 }),
    });
    await response.arrayBuffer();
    return isNoticed();
  }, limitMs);
}

/** Asks a gateway for records, and writes one, until that was noticed. */
export async function askForMetadata(world: World, isNoticed: Condition): Promise<void> {
  const [address = ''] = world.addresses();
  const posts = `${address}${pathOf(gatewayOperations.metadataPage.route, { kind: 'posts' })}`;
  await waitUntil(async () => {
    const page = (await (await fetch(`${posts}?limit=1`)).json()) as { records?: readonly { id: number }[] };
    const id = page.records?.[0]?.id;
    if (id === undefined) return false;
    const written = await fetch(`${posts}/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ attributes: { note: 'seen' } }),
    });
    await written.arrayBuffer();
    return isNoticed();
  }, limitMs);
}

/** Reads photos and feeds, many at once, until that was noticed. */
export async function readOften(world: World, isNoticed: Condition): Promise<void> {
  const [address = ''] = world.addresses();
  await waitUntil(async () => {
    const reads = Array.from({ length: readsAtOnce }, async (_, index) => {
      const userId = index + 1;
      const asked = { headers: { [headers.viewer]: String(userId) } };
      for (const path of [
        pathOf(operations.photoPage.route, { photoId: userId }),
        pathOf(operations.feedPage.route, { userId }),
      ])
        await (await fetch(address + path, asked)).arrayBuffer();
    });
    await Promise.all(reads);
    return isNoticed();
  }, limitMs);
}

/** Edits one photo and reads it through all replicas, again and again, until a load was overtaken by an edit. */
export async function overtakeLoads(world: World, isNoticed: Condition): Promise<void> {
  const addresses = world.addresses();
  const path = pathOf(operations.photoPage.route, { photoId: 1 });
  const read = async (address: string): Promise<{ ownerId: number }> =>
    (await (await fetch(address + path)).json()) as { ownerId: number };
  const { ownerId } = await read(addresses[0] ?? '');
  const edit = (address: string): Promise<unknown> =>
    fetch(address + pathOf(operations.editCaption.route, { photoId: 1 }), {
      method: operations.editCaption.method,
      headers: { 'content-type': 'application/json', [headers.viewer]: String(ownerId) },
      body: JSON.stringify({ caption: 'edited' }),
    }).then((response) => response.arrayBuffer());
  let isDone = false;
  const again = async (step: (address: string) => Promise<unknown>): Promise<void> => {
    for (let turn = 0; !isDone; turn += 1) await step(addresses[turn % addresses.length] ?? '');
  };
  const loops = [again(edit), again(edit), ...Array.from({ length: 6 }, () => again(read))];
  try {
    await waitUntil(isNoticed, limitMs);
  } finally {
    isDone = true;
    await Promise.all(loops);
  }
}

/** Lets a transaction wait for a lock that another session holds, until that was noticed. */
export async function blockTransaction(
  adminUrl: string,
  database: string,
  isNoticed: Condition,
): Promise<void> {
  const connectionString = Object.assign(new URL(adminUrl), { pathname: `/${database}` }).href;
  const sessions = ['holder', 'waiter'].map(
    (name) => new pg.Client({ connectionString, application_name: name }),
  );
  const [holder, waiter] = sessions;
  assert.ok(holder !== undefined && waiter !== undefined);
  try {
    await Promise.all(sessions.map((session) => session.connect()));
    await holder.query('SELECT pg_advisory_lock(1)');
    const waiting = waiter.query('SELECT pg_advisory_lock(1)');
    await waitUntil(isNoticed, limitMs);
    await holder.query('SELECT pg_advisory_unlock(1)');
    await waiting;
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}
