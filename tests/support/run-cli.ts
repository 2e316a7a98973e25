import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ChildRecordForm } from '../../cli/stack/child-records.ts';
import { bindToOwner } from '../../cli/stack/death-signal.ts';
import { readJsonFile } from '../../cli/stack/json-file.ts';
import { askAgain } from './ask-again.ts';

/** A `darkroom` that runs as its users run it. */
export type CliRun = {
  readonly pid: number;
  /** What it has said so far. */
  readonly output: () => string;
  /** Resolves when the text was said, on stdout or stderr; rejects when the command ends before. */
  readonly said: (text: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Ends it if it still runs: as by Ctrl-C, and by force when that takes too long. */
  readonly end: () => Promise<void>;
  readonly ended: Promise<{
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
};

const checkout = join(import.meta.dirname, '..', '..');
/** A busy machine takes its time. */
const endLimitMs = 120_000;

/** Another checkout, shell or user than that of the test. */
export type CliEnvironment = {
  readonly root?: string;
  readonly shell?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  /** A command that starts it: what it takes comes behind its own arguments. */
  readonly within?: readonly string[];
};

/** Starts the command line. */
export function runCli(
  args: readonly string[],
  { root = checkout, shell = {}, uid, within = [] }: CliEnvironment = {},
): CliRun {
  const { DATABASE_URL: _, REDIS_URL: __, ...env } = process.env;
  const [first = '', ...rest] = [...within, process.execPath, join(root, 'cli', 'main.ts'), ...args];
  const bound = bindToOwner({ command: first, args: rest }, { signal: 'SIGTERM' });
  const child = spawn(bound.command, bound.args, {
    cwd: root,
    env: { ...env, ...shell },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const hear = (): void => {
    for (const wake of waiting) wake();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    hear();
  });
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number | null,
    stdout,
    stderr,
  }));
  return {
    pid: child.pid as number,
    output: () => stdout + stderr,
    said: async (text) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => (stdout + stderr).includes(text) && resolve();
      waiting.add(wake);
      wake();
      const end = ended.then((result) =>
        Promise.reject(new RangeError(`never said "${text}": ${result.stderr}`)),
      );
      await Promise.race([promise, end]).finally(() => waiting.delete(wake));
    },
    kill: (signal) => child.kill(signal),
    async end() {
      child.kill('SIGINT');
      const limit = setTimeout(() => child.kill('SIGKILL'), endLimitMs);
      await ended;
      clearTimeout(limit);
    },
    ended,
  };
}

const loadsMax = 4;

/**
 * Runs a load until k6 has come to its end, some times at most: one that a busy machine has given no time says so, and tells nothing of
 * what it has met.
 */
export async function runLoad(...of: Parameters<typeof runCli>): CliRun['ended'] {
  return askAgain(
    () => runCli(...of).ended,
    ({ stdout }) => !/ requests measured, /.test(stdout),
    loadsMax,
  );
}

/** Processes that a run has started and that are on record as alive, by name. */
export function childrenOf(ownerPid: number, root = checkout): ReadonlyMap<string, number> {
  const { data } = JSON.parse(readFileSync(join(root, '.darkroom', 'outside.json'), 'utf8')) as {
    data: string;
  };
  const folder = join(data, 'pids');
  const children = new Map<string, number>();
  for (const name of readdirSync(folder)) {
    // Those of other runs come and go meanwhile.
    const record = readJsonFile(join(folder, name), ChildRecordForm);
    if (record?.owner.pid === ownerPid) children.set(record.name, record.child.pid);
  }
  return children;
}

/** Whether a process is there and is no zombie. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
