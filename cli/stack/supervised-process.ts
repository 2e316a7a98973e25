import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { isSameProcess, ownIdentity, startTimeOf } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { openLog, tailOf } from './process-log.ts';
import type { StackContext } from './stack-context.ts';
import type { StackPaths } from './stack-paths.ts';

export type ProcessSettings = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the variables that every child gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | null;
  /** Written to its standard input. */
  readonly input?: string;
  /** Opens a channel for messages. */
  readonly ipc?: boolean;
  /** How it is asked to stop. */
  readonly stopSignal?: NodeJS.Signals;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type SupervisedProcess = {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** The last lines that it has written to its log, for a message. */
  readonly lastLines: (count?: number) => string;
  readonly exited: Promise<Exit>;
  readonly isAlive: () => boolean;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  /** Asks, waits, then kills. Resolves when the process is gone. */
  readonly stop: () => Promise<void>;
};

/** A server that was asked to stop gets this long. */
const stopLimitMs = 10_000;

const setpriv = '/usr/bin/setpriv';

/** On Linux the kernel ends the child when we die, even by SIGKILL; elsewhere the next start reaps it. */
function wrap({ command, args, user, stopSignal }: ProcessSettings): { command: string; args: string[] } {
  if (!existsSync(setpriv)) return { command, args: [...args] };
  const asUser = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  const deathSignal = stopSignal === 'SIGINT' ? 'INT' : 'KILL';
  return { command: setpriv, args: [...asUser, `--pdeathsig=${deathSignal}`, '--', command, ...args] };
}

function spawnChild(context: StackContext, settings: ProcessSettings, log: number): ChildProcess {
  const wrapped = wrap(settings);
  const isWrapped = wrapped.command === setpriv;
  const input = settings.input === undefined ? 'ignore' : 'pipe';
  const child = spawn(wrapped.command, wrapped.args, {
    // A group of its own: the terminal's Ctrl-C must reach us first.
    detached: true,
    cwd: settings.cwd ?? context.paths.data,
    env: { ...context.environment.ofChildren, ...settings.env },
    stdio: settings.ipc ? [input, log, log, 'ipc'] : [input, log, log],
    ...(settings.user && !isWrapped ? settings.user : {}),
  });
  if (settings.input !== undefined) child.stdin?.end(settings.input);
  child.stdin?.on('error', () => {});
  return child;
}

/** Starts a child whose output goes to a log file and whose life is bound to ours. Throws when it cannot be started. */
export async function startProcess(
  context: StackContext,
  settings: ProcessSettings,
): Promise<SupervisedProcess> {
  const logFile = join(context.paths.state, 'logs', `${settings.name}.log`);
  const log = openLog(logFile);
  const cannotStart = (error: unknown) =>
    new CommandError(
      'cannotProvision',
      `${settings.command} cannot be started: ${(error as Error).message}`,
      { logFile, cause: error },
    );
  let child: ChildProcess;
  try {
    child = spawnChild(context, settings, log.fd);
    await once(child, 'spawn');
  } catch (error) {
    throw cannotStart(error);
  } finally {
    closeSync(log.fd);
  }
  child.on('error', () => {});
  const pid = child.pid as number;
  const pidFile = pidFileOf(context.paths, pid);
  let isAlive = true;
  const ended = Promise.withResolvers<Exit>();
  child.once('exit', (code, signal) => {
    isAlive = false;
    rmSync(pidFile, { force: true });
    ended.resolve({ code, signal });
  });
  const exited = ended.promise;
  try {
    writePidFile(pidFile, settings.name, pid);
  } catch (error) {
    // Nobody could end it later.
    child.kill('SIGKILL');
    await exited;
    throw cannotStart(error);
  }
  return {
    name: settings.name,
    pid,
    logFile,
    lastLines: (count = 3) => tailOf(log, count),
    exited,
    isAlive: () => isAlive,
    onMessage: (listener) => void child.on('message', listener),
    stop: async () => {
      if (!isAlive) return;
      child.kill(settings.stopSignal ?? 'SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      await exited;
      clearTimeout(limit);
    },
  };
}

type PidRecord = { readonly name: string; readonly child: ProcessIdentity; readonly owner: ProcessIdentity };

function pidFileOf(paths: StackPaths, pid: number): string {
  return join(paths.data, 'pids', `${pid}.json`);
}

function writePidFile(file: string, name: string, pid: number): void {
  const record: PidRecord = { name, child: { pid, startTime: startTimeOf(pid) ?? '' }, owner: ownIdentity() };
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
}

function readPidFile(file: string): PidRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PidRecord;
  } catch {
    return null;
  }
}

/** Processes of runs in this checkout whose command is still alive. */
export function liveOwners(paths: StackPaths): number[] {
  const records = readdirSync(join(paths.data, 'pids')).map((name) =>
    readPidFile(join(paths.data, 'pids', name)),
  );
  const owners = records.flatMap((record) =>
    record !== null && isSameProcess(record.owner) ? [record.owner.pid] : [],
  );
  return [...new Set(owners)];
}

/** Ends what a killed run left behind: only processes that we started, that are still the same, and whose owner is gone. */
export function reapLeftovers(paths: StackPaths): string[] {
  const reaped: string[] = [];
  const folder = join(paths.data, 'pids');
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const record = readPidFile(file);
    if (record !== null && isSameProcess(record.owner)) continue;
    if (record !== null && isSameProcess(record.child)) {
      process.kill(record.child.pid, 'SIGKILL');
      reaped.push(record.name);
    }
    rmSync(file, { force: true });
  }
  removeOrphanedFolders(paths);
  return reaped;
}

/** Working folders end in the number of the command that made them. */
function removeOrphanedFolders({ data }: StackPaths): void {
  for (const name of readdirSync(data)) {
    const owner = /^(?:redis|prometheus)-.*-(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && startTimeOf(Number(owner)) === null)
      rmSync(join(data, name), { recursive: true, force: true });
  }
}
