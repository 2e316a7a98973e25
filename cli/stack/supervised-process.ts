import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.ts';
import { recordChild } from './child-records.ts';
import { bindToOwner, endsWithOwner } from './death-signal.ts';
import { ownRun } from './own-run.ts';
import { openLog, tailOf } from './process-log.ts';
import type { StackContext } from './stack-context.ts';

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
  /** As `exited`, once the listeners were given every message that it had sent before. */
  readonly heardOut: Promise<Exit>;
  readonly isAlive: () => boolean;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  /** Says something over the channel; one that has none, or has gone away, is not told. */
  readonly tell: (message: object) => void;
  /** Asks, waits, then kills. Resolves when the process is gone. */
  readonly stop: () => Promise<void>;
};

/** A server that was asked to stop gets this long. */
const stopLimitMs = 10_000;

/** PostgreSQL then comes to an orderly end; others might wait for something. */
function deathSignalOf({ stopSignal }: ProcessSettings): 'SIGINT' | 'SIGKILL' {
  return stopSignal === 'SIGINT' ? 'SIGINT' : 'SIGKILL';
}

function spawnChild(context: StackContext, settings: ProcessSettings, log: number): ChildProcess {
  const { user = null } = settings;
  const bound = bindToOwner(settings, { signal: deathSignalOf(settings), user });
  const input = settings.input === undefined ? 'ignore' : 'pipe';
  const { sign } = ownRun(context.paths);
  const child = spawn(bound.command, bound.args, {
    // A group of its own: the terminal's Ctrl-C must reach us first.
    detached: true,
    cwd: settings.cwd ?? context.paths.data,
    env: { ...context.environment.ofChildren, ...settings.env },
    stdio: settings.ipc ? [input, log, log, 'ipc', sign] : [input, log, log, sign],
    ...(endsWithOwner ? {} : user),
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
  const { children } = ownRun(context.paths);
  children.set(child, deathSignalOf(settings));
  let forget = (): void => {};
  let isAlive = true;
  const ended = Promise.withResolvers<Exit>();
  child.once('exit', (code, signal) => {
    isAlive = false;
    children.delete(child);
    forget();
    ended.resolve({ code, signal });
  });
  const exited = ended.promise;
  const channelClosed = new Promise<void>((resolve) => {
    if (child.connected) child.once('disconnect', resolve);
    else resolve();
  });
  try {
    forget = recordChild(context.paths, settings.name, pid);
  } catch (error) {
    // Without its record, nobody could end the child later.
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
    heardOut: Promise.all([exited, channelClosed]).then(([exit]) => exit),
    isAlive: () => isAlive,
    onMessage: (listener) => void child.on('message', listener),
    tell: (message) => {
      // Whether it has gone away meanwhile is noticed elsewhere.
      if (child.connected) child.send(message, undefined, {}, () => {});
    },
    stop: async () => {
      if (!isAlive) return;
      child.kill(settings.stopSignal ?? 'SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      await exited;
      clearTimeout(limit);
    },
  };
}
