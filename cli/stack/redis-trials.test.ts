import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { redisUses } from '../../app/contract/system.ts';
import type { RedisUse } from '../../app/contract/system.ts';
import { startOwnRedis } from '../../tests/support/own-redis.ts';
import type { OwnRedis } from '../../tests/support/own-redis.ts';
import { createTestStack } from '../../tests/support/test-stack.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { CommandError } from '../errors.ts';
import { startRedis } from './redis-server.ts';
import { tryRedis } from './redis-trials.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-trials-'));
const { context: stack, remove } = createTestStack({ sharesPrograms: true });
let healthy: OwnRedis;
before(async () => {
  healthy = await startOwnRedis('--repl-diskless-sync-delay', '0');
});
after(async () => {
  await healthy.stop();
  rmSync(folder, { recursive: true, force: true });
  remove();
});

async function ownRedis(context: TestContext, ...settings: string[]): Promise<OwnRedis> {
  const redis = await startOwnRedis(...settings);
  context.after(() => redis.stop());
  return redis;
}

/** What a command would end with that is given this Redis. */
async function refusalOf(url: string, uses: readonly RedisUse[] = redisUses): Promise<CommandError> {
  const environment = { ...stack.environment, redisUrl: url };
  const refusal = await startRedis({ ...stack, environment }, { name: 'redis', uses }).catch(
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof CommandError, String(refusal));
  assert.equal(refusal.exitCode, 3);
  return refusal;
}

/** A server that serves, and takes longer than it was told to until it forgets: what it hears of milliseconds are seconds. */
async function slowToExpire(context: TestContext, target: string): Promise<string> {
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((end) => end.destroy()));
    near.on('data', (bytes: Buffer) =>
      far.write(bytes.toString('latin1').replaceAll('\r\nPX\r\n', '\r\nEX\r\n'), 'latin1'),
    );
    far.pipe(near);
    near.on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What is wrong with it, what is said of it, and what to do. */
type Fault = {
  readonly settings?: readonly string[];
  readonly spoil?: (redis: OwnRedis) => Promise<unknown>;
  readonly says: RegExp;
  readonly remedy: RegExp;
  readonly uses?: readonly RedisUse[];
};

const allow =
  (...rules: string[]) =>
  (redis: OwnRedis): Promise<unknown> =>
    redis.command('ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', ...rules);

const faults: Readonly<Record<string, Fault>> = {
  'that is a replica': {
    settings: ['--dir', folder],
    spoil: async (redis) => {
      await redis.command('REPLICAOF', '127.0.0.1', new URL(healthy.url).port);
      await waitUntil(async () =>
        String(await redis.command('INFO', 'replication')).includes('link_status:up'),
      );
    },
    says: /cannot be written to: READONLY You can't write/,
    remedy: /name its primary/,
  },
  'that could not save': {
    settings: ['--save', '3600 1', '--dir', folder, '--dbfilename', 'never.rdb'],
    spoil: async (redis) => {
      // A folder in the place of the file: nobody can save there, root neither.
      mkdirSync(join(folder, 'never.rdb', 'full'), { recursive: true });
      await redis.command('BGSAVE');
      await waitUntil(async () => String(await redis.command('INFO', 'persistence')).includes('status:err'));
    },
    says: /cannot be written to: MISCONF/,
    remedy: /cannot save to its disk/,
  },
  'that others have filled, and that evicts nothing': {
    settings: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'],
    spoil: async (redis) => {
      let isFull = false;
      for (let key = 0; key < 100 && !isFull; key += 1)
        isFull = await redis.command('SET', `theirs:${key}`, 'x'.repeat(100_000)).then(
          () => false,
          () => true,
        );
      assert.ok(isFull);
    },
    says: /cannot be written to: OOM command not allowed/,
    remedy: /raise its maxmemory/,
  },
  'whose user may not write': {
    spoil: allow('~*', '&*', '+@all', '-set'),
    says: /cannot be written to: NOPERM .*set/,
    remedy: /Allow its user/,
  },
  'whose user may not write these keys': {
    spoil: allow('~theirs:*', '&*', '+@all'),
    says: /cannot be written to: NOPERM/,
    remedy: /begin with darkroom:/,
  },
  'whose user may not run scripts': {
    spoil: allow('~*', '&*', '+@all', '-@scripting'),
    says: /does not run scripts: NOPERM/,
    remedy: /Allow its user/,
  },
  'whose user may not send messages': {
    spoil: allow('~*', 'resetchannels', '+@all'),
    says: /does not carry messages: NOPERM/,
    remedy: /channels/,
  },
  'that has no SET': {
    settings: ['--rename-command', 'SET', 'HIDDEN'],
    says: /cannot be written to: ERR unknown command 'SET'/i,
    remedy: /renamed or switched off/,
  },
  'that has no MGET': {
    settings: ['--rename-command', 'MGET', 'HIDDEN'],
    says: /cannot be read: ERR unknown command 'MGET'/i,
    remedy: /renamed or switched off/,
  },
  'that wants a password': {
    spoil: (redis) => redis.command('CONFIG', 'SET', 'requirepass', 'secret'),
    says: /does not let us in: NOAUTH/,
    remedy: /user and password into the URL/,
  },
  'that is a node of a cluster': {
    settings: ['--cluster-enabled', 'yes', '--cluster-config-file', join(folder, 'nodes-1.conf')],
    spoil: async (redis) => {
      await redis.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await waitUntil(async () => String(await redis.command('CLUSTER', 'INFO')).includes('state:ok'));
    },
    says: /cannot be read: CROSSSLOT/,
    remedy: /name a single server/,
  },
  'whose replicas are not there': {
    settings: ['--min-replicas-to-write', '1'],
    says: /cannot be written to: NOREPLICAS/,
    remedy: /min-replicas-to-write 0/,
  },
};

describe('a Redis', () => {
  it('that does all that a run needs is taken, and nothing stays in it', async () => {
    const trials = await tryRedis(healthy.url, 'darkroom:x:');
    assert.deepEqual(
      trials.map(({ what, complaint }) => `${what}: ${complaint ?? 'ok'}`),
      [
        'connect',
        'write',
        'read',
        'run scripts',
        'expire',
        'delete',
        'send messages',
        'queue',
        'track clients',
      ].map((what) => `${what}: ok`),
    );
    assert.equal(await healthy.command('DBSIZE'), 0);
  });

  it('that only carries messages need not be written to', async (context) => {
    const redis = await ownRedis(context, '--rename-command', 'SET', 'HIDDEN');
    const trials = await tryRedis(redis.url, 'darkroom:x:', ['messages']);
    assert.deepEqual(
      trials.map(({ what, complaint }) => [what, complaint]),
      [
        ['connect', null],
        ['send messages', null],
      ],
    );
  });

  for (const [name, { settings = [], spoil, says, remedy, uses }] of Object.entries(faults)) {
    it(`${name} is refused in its own words, with what to do`, async (context) => {
      const redis = await ownRedis(context, ...settings);
      await spoil?.(redis);
      const refusal = await refusalOf(redis.url, uses);
      assert.match(refusal.message, says);
      assert.match(refusal.remedy ?? '', remedy);
      assert.match(refusal.remedy ?? '', /unset REDIS_URL/);
    });
  }

  it('that keeps what should have expired is refused', async (context) => {
    const refusal = await refusalOf(await slowToExpire(context, healthy.url));
    assert.match(refusal.message, /does not let entries expire: one with 100 ms to live is there after/);
    assert.match(refusal.remedy ?? '', /drops the TTL/);
    assert.equal(await healthy.command('DBSIZE'), 0, 'and it is left as it was');
  });

  it('that nobody answers for, or that has no such database, is refused with the reason', async () => {
    assert.match(
      (await refusalOf('redis://127.0.0.1:1')).message,
      /does not let us in: connect ECONNREFUSED/,
    );
    const noSuchDatabase = await refusalOf(`${healthy.url}/99`);
    assert.match(noSuchDatabase.message, /does not let us in: ERR DB index is out of range/);
    assert.match(noSuchDatabase.remedy ?? '', /Name a database that it has/);
  });
});
