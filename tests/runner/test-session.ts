import { join, relative } from 'node:path';
import { run } from 'node:test';
import type { EventData } from 'node:test';
import { inspect } from 'node:util';
import type { Failure, Outcome } from './outcome.ts';

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

/** A failure whose file may still have something to say. */
type Failing = { readonly title: string; readonly error: Error | null; readonly file: string | undefined };

/** Follows the events of node's own test runner. */
function createListener(root: string, print: (line: string) => void) {
  let passed = 0;
  const skipped: string[] = [];
  /** Of these at least one test or suite was found. */
  const filesWithSkipped = new Set<string>();
  const failing: Failing[] = [];
  const outputOf = new Map<string, string>();
  const collect = ({ file, message }: { file?: string | undefined; message: string }) => {
    if (file !== undefined) outputOf.set(file, (outputOf.get(file) ?? '') + message);
  };
  const fail = (title: string, file: string | undefined, error: Error | null) => {
    print(`  FAILED ${title}`);
    failing.push({ title, file, error });
  };
  const describe = ({ title, error, file }: Failing): Failure => {
    const output = file === undefined ? '' : (outputOf.get(file) ?? '');
    return { title, text: [error === null ? '' : explain(error), output].filter(Boolean).join('\n') };
  };
  const skip = (file: string | undefined, name: string, reason: string | boolean | undefined) => {
    const place = file === undefined ? '' : `${relative(root, file)}: `;
    skipped.push(`${place}${name}${typeof reason === 'string' ? ` (${reason})` : ''}`);
    if (file !== undefined) filesWithSkipped.add(file);
  };
  return {
    outcome: (): Outcome => ({ passed, skipped, failures: failing.map(describe) }),
    onOutput: collect,
    onPass({ name, file, skip: whySkipped, todo, details }: EventData.TestPass): void {
      // A suite that is skipped has no tests that could be.
      if (isSet(whySkipped) || (isSet(todo) && details.type !== 'suite'))
        skip(file, name, isSet(whySkipped) ? whySkipped : todo);
      else if (details.type === 'suite') return;
      // The runner reports a file that contains no test as a test that passed.
      else if (name === file) {
        if (!filesWithSkipped.has(file)) fail(`${relative(root, file)} contains no tests`, file, null);
      } else passed += 1;
    },
    onFail({ name, file, line, details, todo }: EventData.TestFail): void {
      if (isSet(todo)) return;
      // Its own subtests have been reported already.
      if ((details.error as { failureType?: string }).failureType === 'subtestsFailed') return;
      const place = file === undefined ? '' : `${relative(root, file)}:${line ?? 0} `;
      fail(`${place}${name}`, file, details.error);
    },
    onSummary({ file, counts: sums, duration_ms: durationMs, success }: EventData.TestSummary): void {
      if (file === undefined) return;
      const sum = `${sums.passed} of ${sums.tests} passed`;
      if (sums.tests === 0 && !filesWithSkipped.has(file))
        fail(`${relative(root, file)} contains no tests`, file, null);
      print(`  ${success ? 'ok' : 'not ok'} ${relative(root, file)} (${sum}, ${Math.round(durationMs)} ms)`);
    },
  };
}

/** A reason in words, or just true; an empty reason counts too. */
function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

/** The runner wraps what was thrown. */
function explain(error: Error): string {
  const thrown = error.cause ?? error;
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 6 });
}

/**
 * Runs test files, each in a process of its own, a few at a time, and tells what they found. One is taken from the front of the
 * list, the others from its end: what stands first runs one at a time, as long as there is something else.
 */
export async function runTestFiles(settings: SessionSettings): Promise<Outcome> {
  const listener = createListener(settings.root, settings.print);
  const waiting = [...settings.files];
  const work = async (_: unknown, index: number) => {
    const take = () => (index === 0 ? waiting.shift() : waiting.pop());
    for (let file = take(); file !== undefined; file = take()) {
      if (!settings.signal.aborted) await runTestFile(join(settings.root, file), settings, listener);
    }
  };
  await Promise.all(Array.from({ length: settings.concurrency }, work));
  return listener.outcome();
}

type Listener = ReturnType<typeof createListener>;

/** One file, killed when it does not end: a handle that it left open would hold the whole run. */
async function runTestFile(file: string, settings: SessionSettings, listener: Listener): Promise<void> {
  const { root, fileLimitMs, signal } = settings;
  const limit = AbortSignal.timeout(fileLimitMs + killAfterMs);
  const stream = run({
    files: [file],
    cwd: root,
    timeout: fileLimitMs,
    execArgv: ['--import', join(import.meta.dirname, 'end-with-runner.ts')],
    signal: AbortSignal.any([signal, limit]),
  });
  stream.on('test:pass', listener.onPass);
  stream.on('test:fail', listener.onFail);
  stream.on('test:summary', listener.onSummary);
  stream.on('test:stdout', listener.onOutput);
  stream.on('test:stderr', listener.onOutput);
  const ended = Promise.withResolvers<void>();
  stream.once('end', ended.resolve);
  stream.once('error', ended.reject);
  stream.resume();
  await ended.promise;
}
