import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bindToOwner } from '../../cli/stack/death-signal.ts';

export type BoundForkOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly stderr?: 'inherit' | 'pipe';
};

/**
 * Starts a program of ours with a channel, as `fork` does. The kernel ends it with this process, even where it is frozen: a test file that is
 * killed runs no hook of its own.
 */
export function forkBound(
  program: URL,
  { env = process.env, stderr = 'inherit' }: BoundForkOptions = {},
): ChildProcess {
  const bound = bindToOwner(
    { command: process.execPath, args: [fileURLToPath(program)] },
    { signal: 'SIGKILL' },
  );
  const child = spawn(bound.command, bound.args, { env, stdio: ['ignore', 'ignore', stderr, 'ipc'] });
  // Where the kernel does not see to it, a test that ends early does.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}
