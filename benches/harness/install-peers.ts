import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../cli/errors.ts';
import type { StackContext } from '../../cli/stack/stack-context.ts';

type Lock = {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
};

function readLock(file: string): Lock | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lock;
  } catch {
    return null;
  }
}

/** Whether what npm says it has installed is what the lock file asks for. */
function isInstalled(folder: string): boolean {
  const wanted = readLock(join(folder, 'package-lock.json'))?.packages ?? {};
  const present = readLock(join(folder, 'node_modules', '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  return Object.entries(wanted)
    .filter(([path, { optional }]) => path.includes('node_modules/') && optional !== true)
    .every(([path, { version }]) => present[path]?.version === version);
}

/** Installs the locked peers into the folder of the benches, unless they are there. No dependency runs a script. */
export async function installPeers(
  folder: string,
  { environment, report, signal }: StackContext,
): Promise<void> {
  if (isInstalled(folder)) return;
  report('Installing what the benches compare with (45 MB, once) ...');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const child = spawn(npm, args, {
    cwd: folder,
    signal,
    env: environment.ofTools,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0)
    throw new CommandError('cannotProvision', `npm ci in ${folder} ended with ${status}.`, {
      remedy: 'See what npm says above; is the registry within reach?',
    });
}
