import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { readEnvironment } from '../../cli/environment.ts';
import { findFreePort } from '../../cli/stack/free-port.ts';
import { resolvePaths } from '../../cli/stack/stack-paths.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import { findOnPath, unpackPackages } from '../../cli/stack/system-packages.ts';
import { waitUntil } from './wait-until.ts';

/** A real PgBouncer before a PostgreSQL. */
export type PgBouncer = { readonly url: string; stop(): Promise<void> };

type Program = { readonly command: string; readonly env: Readonly<Record<string, string>> };

async function providePgBouncer(): Promise<Program> {
  const environment = readEnvironment();
  const onPath = findOnPath(`${environment.path}:/usr/sbin`, ['pgbouncer']);
  if (onPath !== null) return { command: onPath, env: {} };
  const paths = resolvePaths(join(import.meta.dirname, '..', '..'), environment);
  const signal = new AbortController().signal;
  const context: StackContext = { environment, paths, signal, report: () => {} };
  const root = join(paths.cache, 'pgbouncer');
  const command = join(root, 'usr', 'sbin', 'pgbouncer');
  await unpackPackages(context, {
    folder: 'pgbouncer',
    what: 'PgBouncer',
    notice: 'Unpacking PgBouncer ...',
    packages: ['pgbouncer', 'libc-ares2', 'libevent-2.1-7'],
    remedy: 'Install it: apt-get install pgbouncer (or: brew install pgbouncer).',
    isThere: () => existsSync(command),
  });
  const libraries = join(root, 'usr', 'lib');
  const folders = readdirSync(libraries).map((name) => join(libraries, name));
  return { command, env: { LD_LIBRARY_PATH: folders.join(':') } };
}

/** Starts one with these settings beside the least that it needs. */
export async function startPgBouncer(postgresUrl: string, settings: readonly string[]): Promise<PgBouncer> {
  const { command, env } = await providePgBouncer();
  const { hostname, port, username, password } = new URL(postgresUrl);
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-pgbouncer-'));
  // It gives up being root before it reads its users.
  chmodSync(folder, 0o755);
  const listenPort = await findFreePort();
  writeFileSync(join(folder, 'users.txt'), `"${username}" "${password}"\n`);
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${listenPort}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${join(folder, 'users.txt')}`,
    ...settings,
  ];
  writeFileSync(join(folder, 'pgbouncer.ini'), `${lines.join('\n')}\n`);
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(command, ['-q', ...asUser, join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  const kill = () => void child.kill('SIGKILL');
  // A test that ends early must not leave it behind.
  process.once('exit', kill);
  const url = new URL(postgresUrl);
  url.port = String(listenPort);
  await waitUntil(async () => {
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => {});
    return client.connect().then(
      async () => {
        await client.end();
        return true;
      },
      () => false,
    );
  });
  return {
    url: url.href,
    async stop() {
      const exited = once(child, 'exit');
      kill();
      await exited;
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
