import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { CompareResult } from '../report/compare-result.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { StackContext } from '../stack/stack-context.ts';

/** A comparison as a reader would run it, and what it found. */
export type RunComparison = { readonly command: string; readonly result: CompareResult };

/** Runs `./darkroom compare` with these arguments. Throws where it ends without a result. */
export async function runCompare(
  context: StackContext,
  checkout: string,
  args: readonly string[],
): Promise<RunComparison> {
  const command = `./darkroom compare ${args.join(' ')}`;
  context.report(`Running ${command}`);
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-page-'));
  const json = join(folder, 'result.json');
  try {
    const child = await startProcess(context, {
      name: 'page-compare',
      command: process.execPath,
      args: [join(checkout, 'darkroom'), 'compare', ...args, '--json', json],
      cwd: checkout,
      env: { ...context.environment.ofTools, DARKROOM_CACHE_DIR: context.paths.cache },
      stopSignal: 'SIGINT',
    });
    const end = () => {
      child.stop().catch(() => {});
    };
    context.signal.addEventListener('abort', end, { once: true });
    const { code } = await child.exited;
    context.signal.removeEventListener('abort', end);
    return { command, result: resultOf(json, command, code, child.logFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(file: string, command: string, code: number | null, logFile: string): CompareResult {
  try {
    const result = JSON.parse(readFileSync(file, 'utf8')) as CompareResult;
    if (result.manifest.order.length > 0) return result;
  } catch (cause) {
    throw new CommandError('serviceFailed', `"${command}" ended with ${code} and without a result.`, {
      cause,
      logFile,
    });
  }
  throw new CommandError('serviceFailed', `"${command}" ended with ${code} and without a round.`, {
    logFile,
  });
}
