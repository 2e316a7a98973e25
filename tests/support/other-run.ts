import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bindToOwner } from '../../cli/stack/death-signal.ts';
import type { StackPaths } from '../../cli/stack/stack-paths.ts';

/** A command that lives, and does nothing. */
export type OtherRun = { readonly id: string; readonly pid: number; readonly kill: () => Promise<void> };

const stack = join(import.meta.dirname, '..', '..', 'cli', 'stack');

/** Begins a run in a process of its own. */
export async function beginOtherRun(paths: StackPaths): Promise<OtherRun> {
  const script = `
    import { ownRun } from ${JSON.stringify(join(stack, 'own-run.ts'))};
    console.log(ownRun(${JSON.stringify(paths)}).id);
    setInterval(() => {}, 1_000);`;
  const args = ['--input-type=module-typescript', '-e', script];
  const bound = bindToOwner({ command: process.execPath, args }, { signal: 'SIGKILL' });
  const child = spawn(bound.command, bound.args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    id: line.toString().trim(),
    pid: child.pid as number,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
