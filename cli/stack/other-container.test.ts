import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { contained, withoutContainers } from '../../tests/support/contained.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { ownRun } from './own-run.ts';
import { startPostgres } from './postgres-server.ts';
import { startRedis } from './redis-server.ts';

const { context, remove } = createTestStack({ sharesPrograms: true, hasData: true });
after(remove);

/** A command in a container: what an earlier run left is reaped, servers are started; it tells what it has. */
function scriptOf(end: string): string {
  const from = (name: string) => JSON.stringify(join(import.meta.dirname, name));
  return `
    import { readdirSync } from 'node:fs';
    import { reapLeftovers } from ${from('leftovers.ts')};
    import { startPostgres } from ${from('postgres-server.ts')};
    import { startRedis } from ${from('redis-server.ts')};
    const said = [];
    const report = (message) => said.push(message);
    const context = { ...${JSON.stringify(context)}, report, signal: new AbortController().signal };
    reapLeftovers(context.paths, report);
    const postgres = await startPostgres(context);
    const redis = await startRedis(context, { name: 'redis-1_1' });
    const found = { pid: process.pid, said, databases: (await postgres.listOwnDatabases()).map(({ name }) => name) };
    process.stdout.write(JSON.stringify(found));
    ${end}`;
}

type Found = { readonly pid: number; readonly said: string[]; readonly databases: string[] };

/** Runs it to its end, or kills it once it has told what it has. */
async function runInContainer(isKilled: boolean): Promise<Found> {
  const end = isKilled ? 'setInterval(() => {}, 1_000);' : 'await redis.stop(); await postgres.stop();';
  const [program, ...options] = contained;
  const command = [...options, process.execPath, '--input-type=module-typescript', '-e', scriptOf(end)];
  const container = spawn(program, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(container, 'close');
  const [told] = (await Promise.race([once(container.stdout, 'data'), ended])) as [Buffer | null];
  assert.ok(Buffer.isBuffer(told), 'it ends before it has told anything');
  if (isKilled) container.kill('SIGKILL');
  await ended;
  return JSON.parse(told.toString()) as Found;
}

const mark = { kind: 'world', run: '0123456789ab', owner: 'a test' };
const skip = withoutContainers();

test(
  'a run in a container leaves a live one of the same checkout alone, and the other way round',
  { skip },
  async () => {
    const postgres = await startPostgres(context);
    const redis = await startRedis(context, { name: 'redis-1_1' });
    try {
      await postgres.createDatabase('darkroom_world_host', mark);
      const client = new Redis(redis.url);
      await client.set('a', 'kept');
      const folder = join(ownRun(context.paths).folder, 'redis-1_1');
      writeFileSync(join(folder, 'file'), '');

      const orderly = await runInContainer(false);
      assert.equal(orderly.pid, 1);
      assert.deepEqual(orderly.databases, []);
      const killed = await runInContainer(true);
      assert.deepEqual(killed.databases, []);

      assert.ok(existsSync(join(folder, 'file')));
      assert.equal(await client.get('a'), 'kept');
      client.disconnect();
      assert.ok(postgres.isAlive());
      assert.deepEqual(
        (await postgres.listOwnDatabases()).map(({ name }) => name),
        ['darkroom_world_host'],
      );
      const next = await runInContainer(false);
      assert.deepEqual(next.said, ['Removed the files of an earlier run that was killed.']);
    } finally {
      await redis.stop();
      await postgres.stop();
    }
  },
);
