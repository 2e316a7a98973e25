import { once } from 'node:events';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { createSystemClock } from '../../app/clock.ts';
import type { Clock } from '../../app/clock.ts';
import { makeTemporaryFolder } from '../stack/stack-paths.ts';

/** What a command has of the world around it: where results and progress go, when to stop, what time it is. */
export type Terminal = {
  readonly version: string;
  /** The root of the checkout. */
  readonly checkout: string;
  readonly clock: Clock;
  /** Columns to print in; null when stdout is no terminal. */
  readonly columns: number | null;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. The second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Results, to stdout. */
  readonly print: (text: string) => void;
  /** Progress and complaints, to stderr. */
  readonly progress: (text: string) => void;
  /** A line of progress. */
  readonly report: (message: string) => void;
  /** Asks the user, on stderr, and returns the answer, empty for Ctrl-C; null where there is no terminal to ask on. */
  readonly ask: (question: string) => Promise<string | null>;
  /**
   * Waits until stdout has taken what was printed. Resolves to the reason when it cannot, and to null when it has, or when its
   * reader has gone away.
   */
  readonly printed: () => Promise<string | null>;
  /** Sets the exit status of a command that ended without an error. */
  readonly exitWith: (status: number) => void;
  /** Writes what nobody foresaw to a log file and returns its path. */
  readonly logUnforeseen: (failure: unknown) => string;
  readonly close: () => void;
};

/** One Ctrl-C may arrive several times: from the terminal, through npm, once for each thread of a dead launcher. */
const sameSignalMs = 400;

/** A reader that went away (`| head`, a window that was closed) is no failure of ours. */
const readerGone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

const checkout = join(import.meta.dirname, '..', '..');

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** Makes the folder for logs in the checkout, or a temporary one where the checkout cannot be written. */
function makeLogFolder(): string {
  const folder = join(checkout, '.darkroom', 'logs');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return makeTemporaryFolder('error');
  }
}

function writeFailure(failure: unknown): string {
  const file = join(makeLogFolder(), 'internal-error.log');
  const text =
    failure instanceof Error ? `${failure.stack}\ncause: ${String(failure.cause)}\n` : String(failure);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function ask(process: NodeJS.Process, question: string, signal: AbortSignal): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode Ctrl-C is a key; like the end of the input, it closes the dialogue.
  const closed = once(dialogue, 'close').then(() => '');
  try {
    return await Promise.race([dialogue.question(question, { signal }), closed]);
  } catch {
    return '';
  } finally {
    dialogue.close();
  }
}

/** Joins a command to a process: its streams, its signals, its exit status. */
export function createTerminal(process: NodeJS.Process, clock: Clock = createSystemClock()): Terminal {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let interruptedAtMs = 0;
  const interrupt = () => {
    if (controller.signal.aborted) {
      if (clock.now() - interruptedAtMs > sameSignalMs) process.exit(130);
      return;
    }
    interruptedAtMs = clock.now();
    process.stderr.write('\nStopping what was started (again to stop at once) ...\n');
    controller.abort();
  };
  for (const name of signals) process.on(name, interrupt);
  let unprinted: string | null = null;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!readerGone.has(error.code)) unprinted ??= error.message;
  });
  // When stderr itself fails, there is nobody left to tell.
  process.stderr.on('error', () => {});
  const progress = (text: string) => void process.stderr.write(text);
  return {
    version: readVersion(),
    checkout,
    clock,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    signal: controller.signal,
    print: (text) => void process.stdout.write(text),
    progress,
    report: (message) => progress(`${message}\n`),
    ask: (question) => ask(process, question, controller.signal),
    printed: async () => {
      await new Promise<void>((resolve) => void process.stdout.write('', () => resolve()));
      return unprinted;
    },
    exitWith: (status) => {
      process.exitCode = status;
    },
    logUnforeseen: writeFailure,
    close: () => {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
