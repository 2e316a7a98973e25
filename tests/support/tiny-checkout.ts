import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bindToOwner } from '../../cli/stack/death-signal.ts';

const root = join(import.meta.dirname, '..', '..');

/** How a run of the launcher ended, and what it said. */
export type LauncherRun = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type RunningLauncher = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<LauncherRun>;
  /** Resolves once stdout and stderr together contain the text; rejects when the run ends before. */
  sees(text: string): Promise<void>;
};

/** A repository of nothing but the launcher and two programs that tell how they were started. */
export type TinyCheckout = ReturnType<typeof createTinyCheckout>;

/** Prints what it was given; then ends with a code, or waits for signals and tells each. */
const program = `
const [first, ...rest] = process.argv.slice(2);
console.log('program ' + process.argv[1].split('/').slice(-2).join('/') + ' ' + JSON.stringify(process.argv.slice(2)));
if (first === 'exit') process.exit(Number(rest[0]));
if (first === 'print') for (const name of rest) console.log(name + '=' + process.env[name]);
if (first === 'die') process.kill(process.pid, 'SIGKILL');
if (first === 'wait') {
  const seen: string[] = [];
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {
    seen.push(name);
    console.log('received ' + seen.join(' '));
    if (name !== 'SIGHUP') setTimeout(() => process.exit(42), 600);
  });
  setInterval(() => {}, 1_000);
  console.log('waiting as ' + process.pid);
}
`;

/** Stands in for npm: writes down how it was called, waits while it is told to, and installs by copying the lock file. */
const npm = `#!/bin/sh
echo "$@" >> npm-calls
while [ -e npm-waits ]; do sleep 0.05; done
if [ -e npm-fails ]; then echo "npm has a problem" >&2; exit 9; fi
echo "added 1 package"
rm -rf node_modules && mkdir node_modules && cp package-lock.json node_modules/.package-lock.json
`;

export function createTinyCheckout() {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'darkroom-launcher-')));
  const folder = join(base, 'checkout');
  const bin = join(base, 'bin');
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    chmodSync(join(folder, path), mode);
  };
  const writeLock = (packages: object) =>
    write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
  mkdirSync(bin);
  write('package.json', '{ "type": "module" }');
  write('cli/main.ts', program);
  write('tests/run.ts', program);
  copyFileSync(join(root, 'darkroom'), join(folder, 'darkroom'));
  writeFileSync(join(bin, 'npm'), npm, { mode: 0o755 });
  writeLock({ 'node_modules/pg': { version: '1.0.0', integrity: 'sha512-a' } });
  return {
    folder,
    write,
    writeLock,
    remove: (path: string) => rmSync(join(folder, path), { recursive: true, force: true }),
    exists: (path: string) => existsSync(join(folder, path)),
    npmCalls: () =>
      existsSync(join(folder, 'npm-calls'))
        ? readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n')
        : [],
    /** As after a successful installation. */
    install: () => {
      mkdirSync(join(folder, 'node_modules'), { recursive: true });
      copyFileSync(join(folder, 'package-lock.json'), join(folder, 'node_modules', '.package-lock.json'));
    },
    start: (args: readonly string[], options: StartOptions = {}) => startLauncher(folder, bin, args, options),
    dispose: () => rmSync(base, { recursive: true, force: true }),
  };
}

export type StartOptions = {
  readonly node?: string;
  readonly launcher?: string;
  readonly cwd?: string;
  readonly path?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** In a process group of its own, as a shell starts a job. */
  readonly detached?: boolean;
};

function startLauncher(
  folder: string,
  bin: string,
  args: readonly string[],
  options: StartOptions,
): RunningLauncher {
  const command = options.node ?? process.execPath;
  const bound = bindToOwner(
    { command, args: [options.launcher ?? join(folder, 'darkroom'), ...args] },
    { signal: 'SIGTERM' },
  );
  const child = spawn(bound.command, bound.args, {
    cwd: options.cwd ?? folder,
    detached: options.detached ?? false,
    env: { ...process.env, PATH: options.path ?? `${bin}:/usr/bin:/bin`, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
      for (const watcher of watchers) watcher();
    });
  }
  const ended = new Promise<LauncherRun>((resolve) => {
    child.once('close', (code) => resolve({ code, ...output }));
  });
  const sees = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${output.stdout}${output.stderr}`.includes(text)) resolve();
      };
      watchers.add(look);
      child.once('close', () =>
        reject(new RangeError(`never saw "${text}" in: ${output.stdout}${output.stderr}`)),
      );
      look();
    });
  return { child, pid: child.pid as number, ended, sees };
}
