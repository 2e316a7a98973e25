import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readMachine } from '../../cli/stack/cpu-accounting.ts';
import type { MachineReading } from '../../cli/stack/cpu-accounting.ts';
import { cpuFileVariable, takeCpuUses } from './cpu-use.ts';
import type { CpuUse } from './cpu-use.ts';
import { createListener } from './session-listener.ts';
import type { SessionListener } from './session-listener.ts';
import type { Outcome } from './outcome.ts';
import { groupTestFiles } from './test-groups.ts';

export type SessionSettings = {
  readonly root: string;
  readonly files: readonly string[];
  readonly concurrency: number;
  /**
   * How many more files may run at the same time while a good part of the machine has nothing to do; one is
   * added after another. None by default.
   */
  readonly moreWhenIdle?: number;
  /** A file that takes longer has hung. */
  readonly fileLimitMs: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** Told of each file when its process has ended. */
  readonly onCpu?: (use: CpuUse) => void;
};

/** A test that takes too long is reported by name first, then its file is ended. */
const killAfterMs = 2_000;

/** What the process of a test file loads before it. */
const preloaded = ['follow-tests.ts', 'end-with-runner.ts', 'tell-cpu.ts'];
/** V8 begins with a sixteenth of it (MiB), and collects that so often that files take 7 to 10 % more CPU. */
const roomForYoungObjects = ['--min-semi-space-size=16', '--max-semi-space-size=32'];
/** Runs the files of a group. */
const together = join(import.meta.dirname, 'together.ts');

/**
 * Runs test files, each in a process of its own or with others that need none, a few processes at a time, and tells what they found.
 * One is taken from the front of the list, the others from its end: what stands first runs one at a time, as long as there is
 * something else.
 */
export async function runTestFiles(settings: SessionSettings): Promise<Outcome> {
  const { root, print } = settings;
  const listener = createListener({ root, together, print });
  const waiting = groupTestFiles(root, settings.files);
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-session-cpu-'));
  const runNext = async (group: readonly string[]): Promise<void> => {
    if (settings.signal.aborted) return;
    const cpuFile = join(folder, randomUUID());
    await runGroup(group, cpuFile, settings, listener);
    for (const use of takeCpuUses(cpuFile, group)) settings.onCpu?.(use);
  };
  const work = async (_: unknown, index: number) => {
    const take = () => (index === 0 ? waiting.shift() : waiting.pop());
    for (let group = take(); group !== undefined; group = take()) await runNext(group);
  };
  try {
    await Promise.all([
      ...Array.from({ length: settings.concurrency }, work),
      runMoreWhenIdle(waiting, settings, runNext),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return listener.outcome();
}

/**
 * When cores have had nothing to do for this long, one more file is started, and not several: whole commands
 * mostly wait, and then want all cores at once.
 */
const idleLookMs = 3_000;
const idleCoresMin = 0.5;

async function runMoreWhenIdle(
  waiting: (readonly string[])[],
  { moreWhenIdle = 0, signal }: SessionSettings,
  runNext: (group: readonly string[]) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  while (moreWhenIdle > 0 && waiting.length > 0 && !signal.aborted) {
    const before = readMachine();
    await pause(idleLookMs);
    if (running.size >= moreWhenIdle || idleCoresBetween(before, readMachine()) < idleCoresMin) continue;
    const group = waiting.pop();
    if (group === undefined) break;
    const ended: Promise<void> = runNext(group).finally(() => running.delete(ended));
    running.add(ended);
  }
  await Promise.all(running);
}

function idleCoresBetween(before: MachineReading, after: MachineReading): number {
  const totalUs = (after.totalUs ?? 0) - (before.totalUs ?? 0);
  const idleUs = (after.idleUs ?? 0) - (before.idleUs ?? 0);
  return totalUs > 0 ? (idleUs / totalUs) * after.cores : 0;
}

/**
 * One process, killed when it does not end: a handle that it left open would hold the whole run. Never rejects: what goes wrong is
 * the failure of its files.
 */
async function runGroup(
  group: readonly string[],
  cpuFile: string,
  { root, fileLimitMs, signal }: SessionSettings,
  listener: SessionListener,
): Promise<void> {
  const limit = AbortSignal.timeout(fileLimitMs + killAfterMs);
  const [first = ''] = group;
  const stream = run({
    ...(group.length === 1 ? { files: [join(root, first)] } : { files: [together], argv: group }),
    cwd: root,
    env: { ...process.env, [cpuFileVariable]: cpuFile },
    timeout: fileLimitMs,
    execArgv: [
      ...roomForYoungObjects,
      ...preloaded.flatMap((name) => ['--import', join(import.meta.dirname, name)]),
    ],
    signal: AbortSignal.any([signal, limit]),
  });
  const followed = listener.follow(stream, group);
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  stream.once('end', () => resolve(undefined));
  stream.once('error', resolve);
  stream.resume();
  const reason = await ended;
  if (!signal.aborted) followed.ended(reason);
}
