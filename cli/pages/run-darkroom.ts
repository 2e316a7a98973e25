import { join } from 'node:path';
import { startProcess } from '../stack/supervised-process.ts';
import type { StackContext } from '../stack/stack-context.ts';

/** How a command ended, and where what it said is kept. */
export type EndedCommand = { readonly code: number | null; readonly logFile: string };

/** Runs `./darkroom` with these arguments, as a reader would, until it ends or this command is to end. */
export async function runDarkroom(
  context: StackContext,
  checkout: string,
  args: readonly string[],
): Promise<EndedCommand> {
  const child = await startProcess(context, {
    name: 'page-command',
    command: process.execPath,
    args: [join(checkout, 'darkroom'), ...args],
    cwd: checkout,
    env: { ...context.environment.ofTools, DARKROOM_CACHE_DIR: context.paths.cache },
    stopSignal: 'SIGINT',
  });
  const end = (): void => {
    child.stop().catch(() => {});
  };
  context.signal.addEventListener('abort', end, { once: true });
  const { code } = await child.exited;
  context.signal.removeEventListener('abort', end);
  return { code, logFile: child.logFile };
}
