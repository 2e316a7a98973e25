import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackContext } from '../stack/stack-context.ts';
import { startProcess } from '../stack/supervised-process.ts';
import type { CommandOutcome } from './experiment-journal.ts';

/** What is read of `compare --json`. */
type ReadResult = {
  readonly status: string;
  readonly manifest: { readonly rounds: number };
  readonly comparisons: readonly {
    readonly candidate: string;
    readonly role: string;
    readonly verdict: string | null;
  }[];
};

/** Reads what the command wrote; null where it wrote nothing. */
function readResult(file: string): ReadResult | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ReadResult;
  } catch {
    return null;
  }
}

/** What a command that ended with that status has found. */
export function outcomeOf(exitCode: number | null, result: ReadResult | null): CommandOutcome {
  const primary = result?.comparisons.filter(({ role }) => role === 'primary') ?? [];
  return {
    exitCode,
    status: result?.status ?? null,
    rounds: result?.manifest.rounds ?? null,
    verdicts: Object.fromEntries(primary.map(({ candidate, verdict }) => [candidate, verdict])),
  };
}

/** Runs `./darkroom compare` as the README says. Ends with the signal, as by Ctrl-C. */
export async function runReadmeCommand(context: StackContext, checkout: string): Promise<CommandOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-calibration-'));
  const json = join(folder, 'result.json');
  try {
    const command = await startProcess(context, {
      name: 'calibrated-compare',
      command: process.execPath,
      args: [join(checkout, 'darkroom'), 'compare', '--json', json],
      cwd: checkout,
      env: { ...context.environment.ofTools, DARKROOM_CACHE_DIR: context.paths.cache },
      stopSignal: 'SIGINT',
    });
    const end = () => {
      command.stop().catch(() => {});
    };
    context.signal.addEventListener('abort', end, { once: true });
    const { code } = await command.exited;
    context.signal.removeEventListener('abort', end);
    return outcomeOf(code, readResult(json));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
