import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindToOwner } from '../../cli/stack/death-signal.ts';
import { checkout, removeCheckout } from './checkout-copy.ts';

/** What a run makes, and must not share. */
const own = new Set(['.darkroom', '.git']);

export type LinkedRun = {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the text was said; rejects when the command ends before. */
  said(text: string): Promise<void>;
  /** Kills it with all that it started, without a word. */
  killHard(): Promise<void>;
  readonly ended: Promise<number | null>;
};

/** A checkout of this code with a `.darkroom/` of its own, as on another machine. */
export type LinkedCheckout = {
  readonly folder: string;
  /** `apart`: in a container's own process numbers, where the platform has them. */
  start(args: readonly string[], env: NodeJS.ProcessEnv, apart?: boolean): LinkedRun;
  remove(): void;
};

/** Process numbers of its own take Linux, root, and the program. */
export const canBeApart =
  process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/unshare');

export function createLinkedCheckout(): LinkedCheckout {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-linked-'));
  for (const name of readdirSync(checkout))
    if (!own.has(name)) symlinkSync(join(checkout, name), join(folder, name));
  return {
    folder,
    start(args, env, apart = false) {
      const node = [
        process.execPath,
        '--preserve-symlinks',
        '--preserve-symlinks-main',
        join(folder, 'cli', 'main.ts'),
        ...args,
      ];
      const [command = '', ...rest] = apart
        ? ['/usr/bin/unshare', '--pid', '--fork', '--mount-proc', '--kill-child', ...node]
        : node;
      const bound = bindToOwner({ command, args: rest }, { signal: apart ? 'SIGKILL' : 'SIGTERM' });
      return listen(spawn(bound.command, bound.args, { cwd: folder, env }));
    },
    remove: () => removeCheckout(folder),
  };
}

function listen(child: ChildProcess): LinkedRun {
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const wake of waiting) wake();
    });
  }
  const ended = once(child, 'close').then(([status]) => status as number | null);
  return {
    child,
    output: () => output,
    ended,
    async said(text) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => output.includes(text) && resolve();
      waiting.add(wake);
      wake();
      const end = ended.then(() => Promise.reject(new RangeError(`never said "${text}": ${output}`)));
      await Promise.race([promise, end]).finally(() => waiting.delete(wake));
    },
    async killHard() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
