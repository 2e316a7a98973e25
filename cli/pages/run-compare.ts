import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import type { CompareResult } from '../report/compare-result.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { runDarkroom } from './run-darkroom.ts';

/** A comparison as a reader would run it, and what it found. */
export type RunComparison = { readonly command: string; readonly result: CompareResult };

/** Runs `./darkroom compare` with these arguments. Throws where it ends without a result. */
export const runCompare = (
  context: StackContext,
  checkout: string,
  args: readonly string[],
): Promise<RunComparison> => runForResult(context, checkout, ['compare', ...args]);

/** Runs a command of `./darkroom` that makes the result of a comparison. Throws where it ends without one. */
export async function runForResult(
  context: StackContext,
  checkout: string,
  args: readonly string[],
): Promise<RunComparison> {
  const command = `./darkroom ${args.join(' ')}`;
  context.report(`Running ${command}`);
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-page-'));
  const json = join(folder, 'result.json');
  try {
    const { code, logFile } = await runDarkroom(context, checkout, [...args, '--json', json]);
    return { command, result: resultOf(json, command, code, logFile) };
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
