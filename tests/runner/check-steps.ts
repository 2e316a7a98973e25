import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome } from './outcome.ts';

/** A check that needs no server: a tool of node_modules/, run by this very Node. */
export type CheckStep = { readonly name: string; readonly tool: string; readonly args: readonly string[] };

const typeScript = 'typescript/bin/tsc';
/**
 * One checker: several would each find out for themselves what all files share, which takes twice the CPU;
 * and other checks run at the same time.
 */
const oneChecker = ['--checkers', '1'];
/** Where checks keep what they know of files that stay as they are: the second run takes a seventh of their CPU. */
const kept = '.darkroom/checks';

/** The slowest takes half a minute on two cores that do something else besides. */
const checkLimitMs = 900_000;

/**
 * Settings of the compiler, and of the linter that asks it, which are written in Go. Garbage is collected
 * only when there is this much of it: to do it as often as usual takes a third of their CPU. The linter has a
 * checker for each thread, so it gets one thread.
 */
const oneThread = { GOGC: 'off', GOMEMLIMIT: '1536MiB', GOMAXPROCS: '1' };

/** Every check, in the order in which failures are best read. They run at the same time. */
export const checkSteps: readonly CheckStep[] = [
  {
    name: 'types',
    tool: typeScript,
    args: [
      ...['-p', 'tsconfig.json', ...oneChecker],
      ...['--incremental', '--tsBuildInfoFile', `${kept}/types.tsbuildinfo`],
    ],
  },
  {
    name: 'types of the k6 scripts',
    tool: typeScript,
    args: ['-p', 'loadtests/tsconfig.json', ...oneChecker],
  },
  {
    name: 'types of the live page',
    tool: typeScript,
    args: ['-p', 'cli/live-page/page/tsconfig.json', ...oneChecker],
  },
  { name: 'lint', tool: 'oxlint/bin/oxlint', args: ['--type-aware'] },
  { name: 'format', tool: 'oxfmt/bin/oxfmt', args: ['--check'] },
  {
    name: 'nothing unused',
    tool: 'knip/bin/knip.js',
    args: ['--no-progress', '--cache', '--cache-location', `${kept}/knip`],
  },
];

/** Runs the tool; its output counts only when it complains. */
export async function runCheck(root: string, step: CheckStep, signal: AbortSignal): Promise<Outcome> {
  const output: Buffer[] = [];
  const status = await new Promise<number | null>((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', step.tool), ...step.args], {
      cwd: root,
      env: { ...process.env, ...oneThread },
      signal,
      timeout: checkLimitMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', (error) => {
      output.push(Buffer.from(String(error)));
      resolve(null);
    });
    child.once('close', (code, killedBy) => {
      if (killedBy !== null) output.push(Buffer.from(`It was ended by ${killedBy}.\n`));
      resolve(code);
    });
  });
  if (status === 0) return { passed: 1, skipped: [], failures: [] };
  return { passed: 0, skipped: [], failures: [{ title: step.name, text: Buffer.concat(output).toString() }] };
}
