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

type Tally = { passed: number; skipped: number; readonly failures: Failure[] };

/** Follows the events of node's own test runner. */
function createListener(root: string, print: (line: string) => void) {
  const tally: Tally = { passed: 0, skipped: 0, failures: [] };
  const outputOf = new Map<string, string>();
  const collect = ({ file, message }: { file?: string | undefined; message: string }) => {
    if (file !== undefined) outputOf.set(file, (outputOf.get(file) ?? '') + message);
  };
  return {
    tally,
    onOutput: collect,
    onPass({ skip, todo, details }: EventData.TestPass): void {
      if (details.type === 'suite') return;
      if (isSet(skip) || isSet(todo)) tally.skipped += 1;
      else tally.passed += 1;
    },
    onFail({ name, file, line, details, todo }: EventData.TestFail): void {
      if (isSet(todo)) return;
      // Its own subtests have been reported already.
      if ((details.error as { failureType?: string }).failureType === 'subtestsFailed') return;
      const place = file === undefined ? '' : `${relative(root, file)}:${line ?? 0} `;
      const output = file === undefined ? '' : (outputOf.get(file) ?? '');
      print(`  FAILED ${place}${name}`);
      tally.failures.push({ title: `${place}${name}`, text: `${explain(details.error)}\n${output}` });
    },
    onSummary({ file, counts, duration_ms: durationMs, success }: EventData.TestSummary): void {
      if (file === undefined) return;
      const sum = `${counts.passed} of ${counts.tests} passed`;
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

/** Runs test files, each in a process of its own, and tells what they found. */
export async function runTestFiles(settings: SessionSettings): Promise<Outcome> {
  const { root, files, concurrency, fileLimitMs, signal, print } = settings;
  if (files.length === 0) return { passed: 0, skipped: 0, failures: [] };
  const listener = createListener(root, print);
  const stream = run({
    files: files.map((path) => join(root, path)),
    cwd: root,
    concurrency,
    timeout: fileLimitMs,
    signal,
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
  return listener.tally;
}
