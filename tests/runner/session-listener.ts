import { relative } from 'node:path';
import type { EventData, TestsStream } from 'node:test';
import { inspect } from 'node:util';
import type { Failure, Outcome } from './outcome.ts';

/** Follows the processes of a session and knows what they have found so far. */
export type SessionListener = { follow(stream: TestsStream): void; outcome(): Outcome };

export type ListenerSettings = {
  readonly root: string;
  /** The file that runs several in its process, each as a suite that is called like it. */
  readonly together: string;
  readonly print: (line: string) => void;
};

/** What a process has printed. */
type Output = { text: string };
/** A failure whose process may still have something to say. */
type Failing = { readonly title: string; readonly error: Error | null; readonly output: Output };
/** What was found in a file so far. */
type Found = { passed: number; tests: number; skippedSuites: number };

type Ended = EventData.TestPass | EventData.TestFail;

export function createListener(settings: ListenerSettings): SessionListener {
  const findings: Findings = { passed: 0, skipped: [], failing: [] };
  return {
    follow: (stream) => followProcess(stream, settings, findings),
    outcome: () => ({
      passed: findings.passed,
      skipped: findings.skipped,
      failures: findings.failing.map(describeFailing),
    }),
  };
}

type Findings = { passed: number; readonly skipped: string[]; readonly failing: Failing[] };

/** Follows the events of node's own test runner about one process. Those of a test come before those of what it is in. */
function followProcess(
  stream: TestsStream,
  { root, together, print }: ListenerSettings,
  findings: Findings,
): void {
  const output: Output = { text: '' };
  let found: Found = nothingFound();
  const placeOf = (file: string | undefined): string => (file === undefined ? '' : relative(root, file));
  const isFileOfGroup = ({ file, nesting }: Ended): boolean => file === together && nesting === 0;
  const fail = (title: string, error: Error | null): void => {
    print(`  FAILED ${title}`);
    findings.failing.push({ title, output, error });
  };
  const endFile = (path: string, isGood: boolean, durationMs: number): void => {
    const { passed, tests, skippedSuites } = found;
    found = nothingFound();
    const isEmpty = tests + skippedSuites === 0;
    if (isEmpty && isGood) fail(`${path} contains no tests`, null);
    const verdict = isGood && !isEmpty ? 'ok' : 'not ok';
    print(`  ${verdict} ${path} (${passed} of ${tests} passed, ${Math.round(durationMs)} ms)`);
  };
  stream.on('test:pass', (event) => {
    const { name, file, details } = event;
    const isSuite = details.type === 'suite';
    const reason = reasonOfSkip(event);
    if (isFileOfGroup(event)) endFile(name, true, details.duration_ms);
    else if (reason !== null) {
      findings.skipped.push(`${placeOf(file)}: ${name}${reason === '' ? '' : ` (${reason})`}`);
      if (isSuite) found.skippedSuites += 1;
      else found.tests += 1;
    }
    // The runner reports an empty file as a test that passed.
    else if (name === file) endFile(placeOf(file), true, details.duration_ms);
    else if (!isSuite) {
      found.tests += 1;
      found.passed += 1;
      findings.passed += 1;
    }
  });
  stream.on('test:fail', (event) => {
    const { name, file, line, details, todo } = event;
    if (isSet(todo)) return;
    // Its own subtests have been reported already.
    const isOfSubtests = (details.error as { failureType?: string }).failureType === 'subtestsFailed';
    const place = file === undefined || isFileOfGroup(event) ? '' : `${placeOf(file)}:${line ?? 0} `;
    if (!isOfSubtests) fail(`${place}${name}`, details.error);
    if (isFileOfGroup(event)) endFile(name, false, details.duration_ms);
    else if (details.type !== 'suite') found.tests += 1;
  });
  stream.on('test:summary', ({ file, duration_ms: durationMs, success }) => {
    if (file !== undefined && file !== together) endFile(placeOf(file), success, durationMs);
  });
  const hear = ({ message }: { readonly message: string }): void => void (output.text += message);
  stream.on('test:stdout', hear);
  stream.on('test:stderr', hear);
}

const nothingFound = (): Found => ({ passed: 0, tests: 0, skippedSuites: 0 });

/** Why a test or a suite was not run, in words if there are any; null: it was. A suite that is to be done has tests that run. */
function reasonOfSkip({ skip, todo, details }: EventData.TestPass): string | null {
  if (!isSet(skip) && (!isSet(todo) || details.type === 'suite')) return null;
  const why = isSet(skip) ? skip : todo;
  return typeof why === 'string' ? why : '';
}

/** A reason in words, or just true; an empty reason counts too. */
function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

function describeFailing({ title, error, output }: Failing): Failure {
  return { title, text: [error === null ? '' : explain(error), output.text].filter(Boolean).join('\n') };
}

/** The runner wraps what was thrown. */
function explain(error: Error): string {
  const thrown = error.cause ?? error;
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 6 });
}
