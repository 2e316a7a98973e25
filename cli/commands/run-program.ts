import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { keepRequestsHere } from '../environment.ts';
import { CommandError, exitCodes } from '../errors.ts';
import { codeOf } from '../stack/server-words.ts';
import { systemRemedy } from '../system-remedies.ts';
import { createTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** Runs a command line on this process, tells the user why it failed, and sets the exit status. */
export async function runProgram(createProgram: (terminal: Terminal) => Command): Promise<void> {
  keepRequestsHere();
  const terminal = createTerminal(process);
  const program = createProgram(terminal);
  try {
    await runCommand(program);
    await requirePrinted(terminal);
  } catch (failure) {
    process.exitCode = explain(terminal, program.name(), failure);
  } finally {
    terminal.close();
  }
}

/** Help and version are ends of their own. */
async function runCommand(program: Command): Promise<void> {
  try {
    await program.parseAsync(process.argv);
  } catch (failure) {
    if (!(failure instanceof CommanderError && failure.exitCode === 0)) throw failure;
  }
}

/** A command whose results did not arrive has not succeeded, whatever they are. */
async function requirePrinted(terminal: Terminal): Promise<void> {
  const trouble = await terminal.printed();
  if (trouble !== null && !terminal.signal.aborted)
    throw new CommandError('notWritten', `stdout cannot be written: ${trouble}`);
}

/** What the user is told about a failure, and the exit status. Only an unforeseen one comes with a trace, in the log. */
function explain(terminal: Terminal, name: string, failure: unknown): number {
  // What came first; the other one happened while things were stopped because of it.
  if (failure instanceof SuppressedError) return explain(terminal, name, failure.suppressed);
  if (failure instanceof CommanderError) return exitCodes.usage;
  if (terminal.signal.aborted) {
    terminal.progress('Interrupted. Everything that was started has been stopped.\n');
    return exitCodes.interrupted;
  }
  if (failure instanceof CommandError) {
    terminal.progress(`${name}: ${failure.message}\n`);
    if (failure.remedy !== undefined) terminal.progress(`  ${failure.remedy}\n`);
    if (failure.logFile !== undefined) terminal.progress(`  More in ${failure.logFile}\n`);
    return failure.exitCode;
  }
  const message = failure instanceof Error ? failure.message : String(failure);
  // What the system lacks is no fault of ours; with a full disk there is no log to write to either.
  const remedy = systemRemedy(codeOf(failure));
  if (remedy !== undefined) {
    terminal.progress(`${name}: ${message}\n  ${remedy}\n`);
    return exitCodes.cannotProvision;
  }
  const logFile = terminal.logUnforeseen(failure);
  terminal.progress(`${name}: internal error: ${message}\n  More in ${logFile}\n`);
  return exitCodes.internal;
}
