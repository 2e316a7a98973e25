import { join } from 'node:path';
import { run } from 'node:test';
import { createListener } from './session-listener.ts';
import type { SessionListener } from './session-listener.ts';
import type { Outcome } from './outcome.ts';
import { groupTestFiles } from './test-groups.ts';

export type SessionSettings = {
  readonly root: string;
  readonly files: readonly string[];
  readonly concurrency: number;
  /** A file that takes longer has hung. */
  readonly fileLimitMs: number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

/** A test that takes too long is reported by name first, then its file is ended. */
const killAfterMs = 2_000;

/** What the process of a test file loads before it. */
const preloaded = ['follow-tests.ts', 'end-with-runner.ts'];
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
  const work = async (_: unknown, index: number) => {
    const take = () => (index === 0 ? waiting.shift() : waiting.pop());
    for (let group = take(); group !== undefined; group = take()) {
      if (!settings.signal.aborted) await runGroup(group, settings, listener);
    }
  };
  await Promise.all(Array.from({ length: settings.concurrency }, work));
  return listener.outcome();
}

/** One process, killed when it does not end: a handle that it left open would hold the whole run. */
async function runGroup(
  group: readonly string[],
  { root, fileLimitMs, signal }: SessionSettings,
  listener: SessionListener,
): Promise<void> {
  const limit = AbortSignal.timeout(fileLimitMs + killAfterMs);
  const [first = ''] = group;
  const stream = run({
    ...(group.length === 1 ? { files: [join(root, first)] } : { files: [together], argv: group }),
    cwd: root,
    timeout: fileLimitMs,
    execArgv: preloaded.flatMap((name) => ['--import', join(import.meta.dirname, name)]),
    signal: AbortSignal.any([signal, limit]),
  });
  listener.follow(stream);
  const ended = Promise.withResolvers<void>();
  stream.once('end', ended.resolve);
  stream.once('error', ended.reject);
  stream.resume();
  await ended.promise;
}
