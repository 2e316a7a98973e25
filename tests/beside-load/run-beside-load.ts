import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bindToOwner } from '../../cli/stack/death-signal.ts';

const checkout = join(import.meta.dirname, '..', '..');
/** A run beside busy loops takes two to three times as long as one alone; what takes longer than this has hung. */
const runLimitMs = 3_600_000;
const endLimitMs = 30_000;

/** What a program of ours is started as: it ends with us, whatever ends us. */
function start(args: readonly string[], signal: 'SIGKILL' | 'SIGTERM'): ChildProcess {
  const bound = bindToOwner({ command: process.execPath, args }, { signal });
  return spawn(bound.command, bound.args, { cwd: checkout, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Keeps so many cores busy until it is stopped. */
export function startBusyLoops(count: number): { readonly pids: readonly number[]; stop(): Promise<void> } {
  const loops = Array.from({ length: count }, () => start(['-e', 'for (;;);'], 'SIGKILL'));
  // From the start on: one that somebody else kills is not waited for.
  const ended = loops.map((loop) => once(loop, 'exit'));
  return {
    pids: loops.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    async stop() {
      for (const loop of loops) loop.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}

/** What one run of the tests found. */
export type Run = { readonly lastLine: string; readonly failed: readonly string[] };

/**
 * Runs the tests of these patterns, or all; ends a run that hangs, and the one that goes on when the signal comes. All that it prints, with
 * the reasons of what failed, is kept in the file.
 */
export async function runTests(
  patterns: readonly string[],
  outputFile: string,
  signal: AbortSignal,
  limitMs = runLimitMs,
): Promise<Run> {
  const child = start([join(checkout, 'tests', 'run.ts'), ...patterns], 'SIGTERM');
  const exited = once(child, 'exit').then(([status, killedBy]) => String(killedBy ?? status));
  const output = openSync(outputFile, 'w');
  const failed: string[] = [];
  let lastLine = '';
  const end = () => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), endLimitMs).unref();
  };
  const limit = setTimeout(() => {
    failed.push(`the run itself: not ended after ${Math.round(limitMs / 60_000)} minutes`);
    end();
  }, limitMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    if (child.stdout !== null)
      for await (const line of createInterface({ input: child.stdout })) {
        writeSync(output, `${line}\n`);
        const title = /^ {2}FAILED (.*)$/.exec(line)?.[1];
        if (title !== undefined) failed.push(title);
        if (line !== '') lastLine = line;
      }
    const status = await exited;
    if (status !== '0' && failed.length === 0) failed.push(`the run itself: ${status}`);
  } finally {
    closeSync(output);
    clearTimeout(limit);
    signal.removeEventListener('abort', end);
  }
  return { lastLine, failed };
}

/** What failed in some of the runs, the most often first, with the number of runs. */
export function describeFailures(runs: readonly Run[]): string[] {
  const counts = Map.groupBy(
    runs.flatMap(({ failed }) => [...new Set(failed)]),
    (title) => title,
  );
  return [...counts]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([title, all]) => `${all.length} of ${runs.length} runs: ${title}`);
}
