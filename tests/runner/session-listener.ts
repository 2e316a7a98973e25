import { relative } from 'node:path';
import type { EventData, TestsStream } from 'node:test';
import { inspect } from 'node:util';
import { nameOf } from './cpu-use.ts';
import type { Failure, Outcome } from './outcome.ts';

/** Follows the processes of a session and knows what they have found so far. */
export type SessionListener = {
  /** `files`: those that its process runs. */
  follow(stream: TestsStream, files: readonly string[]): FollowedProcess;
  outcome(): Outcome;
};

export type FollowedProcess = {
  /** The process has ended, or was given up: a file that it did not come to the end of has failed, whatever its status was. */
  ended(reason?: unknown): void;
};

export type ListenerSettings = {
  readonly root: string;
  /** The file that runs several in its process, each as a suite that is called like it. */
  readonly together: string;
  readonly print: (line: string) => void;
};

/** What a process has printed. */
type Output = { text: string };
/** A failure whose process may still have something to say. */
type Failing = { readonly title: string; readonly error: unknown; readonly output: Output };
/** What was found in a file so far. */
type Found = { passed: number; tests: number; skippedSuites: number; failures: number };

/** Of what a process prints the end is kept: a test that prints for ever must not take the memory of all. */
const outputCharsMax = 200_000;

type Ended = EventData.TestPass | EventData.TestFail;

export function createListener(settings: ListenerSettings): SessionListener {
  const findings: Findings = { passed: 0, skipped: [], failing: [] };
  return {
    follow: (stream, files) => followProcess(stream, files, settings, findings),
    outcome: () => ({
      passed: findings.passed,
      skipped: findings.skipped,
      failures: describeAll(findings.failing),
    }),
  };
}

type Findings = { passed: number; readonly skipped: string[]; readonly failing: Failing[] };

/** Notes what is found in the files of one process. */
function createNotes(files: readonly string[], print: (line: string) => void, findings: Findings) {
  const output: Output = { text: '' };
  const unfinished = new Set(files);
  let found: Found = nothingFound();
  const fail = (title: string, error: unknown): void => {
    print(`  FAILED ${title}`);
    findings.failing.push({ title, output, error });
    found.failures += 1;
  };
  return {
    fail,
    ran(isPassed: boolean): void {
      found.tests += 1;
      if (!isPassed) return;
      found.passed += 1;
      findings.passed += 1;
    },
    skipped(place: string, reason: string, isSuite: boolean): void {
      findings.skipped.push(`${place}${reason === '' ? '' : ` (${reason})`}`);
      if (isSuite) found.skippedSuites += 1;
      else found.tests += 1;
    },
    /** The process has come to the end of the file. */
    finished(path: string, isGood: boolean, durationMs: number): void {
      if (!unfinished.delete(path)) return;
      if (isGood && found.tests + found.skippedSuites === 0) fail(`${path} contains no tests`, null);
      const { passed, tests, failures } = found;
      found = nothingFound();
      const verdict = isGood && failures === 0 ? 'ok' : 'not ok';
      print(`  ${verdict} ${path} (${passed} of ${tests} passed, ${Math.round(durationMs)} ms)`);
    },
    ended(reason: unknown = null): void {
      for (const path of unfinished) fail(`${path} did not come to its end`, reason);
      unfinished.clear();
    },
    printed({ message }: { readonly message: string }): void {
      output.text += message;
      if (output.text.length > 2 * outputCharsMax) output.text = output.text.slice(-outputCharsMax);
    },
  };
}

/** Follows the events of node's own test runner about one process. Those of a test come before those of what it is in. */
function followProcess(
  stream: TestsStream,
  files: readonly string[],
  { root, together, print }: ListenerSettings,
  findings: Findings,
): FollowedProcess {
  const notes = createNotes(files, print, findings);
  const placeOf = (file: string | undefined): string => (file === undefined ? '' : relative(root, file));
  /** The runner reports a process like a test when it holds none, or fails by itself. */
  const isProcess = ({ name, file }: Ended): boolean => name === file;
  const isFileOfGroup = (event: Ended): boolean =>
    event.file === together && event.nesting === 0 && !isProcess(event);
  stream.on('test:pass', (event) => {
    const { name, file, details } = event;
    const reason = reasonOfSkip(event);
    if (isFileOfGroup(event)) notes.finished(name, true, details.duration_ms);
    else if (isProcess(event)) notes.finished(placeOf(file), true, details.duration_ms);
    else if (reason !== null) notes.skipped(`${placeOf(file)}: ${name}`, reason, details.type === 'suite');
    else if (details.type !== 'suite') notes.ran(true);
  });
  stream.on('test:fail', (event) => {
    const { name, file, line, details, todo } = event;
    const fail = (title: string): void => {
      // Its own subtests have been reported already.
      const isOfSubtests = (details.error as { failureType?: string }).failureType === 'subtestsFailed';
      if (!isOfSubtests) notes.fail(title, details.error);
    };
    if (isFileOfGroup(event)) {
      fail(name);
      notes.finished(name, false, details.duration_ms);
    } else if (isProcess(event)) {
      fail(nameOf(files));
      notes.finished(placeOf(file), false, details.duration_ms);
    } else if (isSet(todo))
      notes.skipped(`${placeOf(file)}: ${name}`, wordsOf(todo), details.type === 'suite');
    else {
      fail(`${placeOf(file)}:${line ?? 0} ${name}`);
      if (details.type !== 'suite') notes.ran(false);
    }
  });
  stream.on('test:summary', ({ file, duration_ms: durationMs, success }) => {
    if (file !== undefined) notes.finished(placeOf(file), success, durationMs);
  });
  stream.on('test:stdout', notes.printed);
  stream.on('test:stderr', notes.printed);
  // What goes wrong when no test runs any more is told in this way only.
  stream.on('test:diagnostic', ({ message }) => {
    if (/^(Error|Warning): /.test(message)) notes.printed({ message: `${message}\n` });
  });
  return { ended: notes.ended };
}

const nothingFound = (): Found => ({ passed: 0, tests: 0, skippedSuites: 0, failures: 0 });

/** Why a test or a suite was not run, in words if there are any; null: it was. A suite that is to be done has tests that run. */
function reasonOfSkip({ skip, todo, details }: EventData.TestPass): string | null {
  if (!isSet(skip) && (!isSet(todo) || details.type === 'suite')) return null;
  return wordsOf(isSet(skip) ? skip : todo);
}

const wordsOf = (mark: string | boolean | undefined): string => (typeof mark === 'string' ? mark : '');

/** A reason in words, or just true; an empty reason counts too. */
function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

/** What a process has printed stands with its first failure. */
function describeAll(failing: readonly Failing[]): Failure[] {
  const told = new Set<Output>();
  return failing.map(({ title, error, output }) => {
    const printed = told.has(output) ? '' : output.text;
    told.add(output);
    return { title, text: [error === null ? '' : explain(error), printed].filter(Boolean).join('\n') };
  });
}

/** The runner wraps what was thrown. */
function explain(error: unknown): string {
  const thrown = error instanceof Error ? (error.cause ?? error) : error;
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 6 });
}
