import { join } from 'node:path';
import { createTerminal } from '../cli/commands/terminal.ts';
import { CommandError, exitCodes } from '../cli/errors.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { providePrometheus } from '../cli/stack/prometheus-binary.ts';
import type { StackContext } from '../cli/stack/stack-context.ts';
import { createStackContext } from '../cli/worlds/workbench.ts';
import { checkSteps, runCheck } from './runner/check-steps.ts';
import { addOutcomes, describeOutcome, describeSkipped, isGreen } from './runner/outcome.ts';
import type { Outcome } from './runner/outcome.ts';
import { findTestFiles } from './runner/test-files.ts';
import { runTestFiles } from './runner/test-session.ts';
import { provideTestServers } from './runner/test-servers.ts';
import { createDatabaseOf, villageVariable } from './support/databases.ts';
import type { TestDatabase } from './support/databases.ts';
import { villageRows } from './support/village-rows.ts';

/** A whole command mostly waits, for servers and for rounds: three files at a time keep the two cores of CI busy. */
const concurrency = 3;
/** Each takes less than two minutes on a machine that does nothing else. */
const fileLimitMs = 900_000;

const leftoverLimitMs = 5_000;

const nothing: Outcome = { passed: 0, skipped: [], failures: [] };
const terminal = createTerminal(process);
const { checkout: root, signal } = terminal;
const print = (line: string) => terminal.print(`${line}\n`);

/** Runs one step and says how it ended and how long it took. After Ctrl-C no step begins. */
async function runStep(name: string, work: () => Promise<Outcome>): Promise<Outcome> {
  if (signal.aborted) return nothing;
  const startedAtMs = performance.now();
  const outcome = await work().catch((error: unknown) => ({
    ...nothing,
    failures: [failureOf(name, error)],
  }));
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  print(
    `${outcome.failures.length === 0 ? 'ok' : 'NOT OK'} ${name}: ${describeOutcome(outcome)} (${seconds} s)`,
  );
  return outcome;
}

function failureOf(title: string, error: unknown): Outcome['failures'][number] {
  if (!(error instanceof CommandError))
    return { title, text: error instanceof Error ? String(error.stack) : String(error) };
  return { title, text: [error.message, error.remedy, error.logFile].filter(Boolean).join('\n') };
}

/** What must be built or unpacked once takes minutes on a fresh machine: before the tests, whose files have limits. */
async function provideTools(): Promise<Outcome> {
  await provideK6(makeContext());
  await providePrometheus(makeContext());
  return { ...nothing, passed: 1 };
}

function makeContext(): StackContext {
  return createStackContext({ checkout: root, clock: terminal.clock, signal, report: terminal.report });
}

async function runTests(patterns: readonly string[]): Promise<Outcome> {
  const files = findTestFiles(root, patterns);
  const given = {
    databaseUrl: process.env.DARKROOM_TEST_DATABASE_URL,
    redisUrl: process.env.DARKROOM_TEST_REDIS_URL,
  };
  const tools = patterns.length === 0 ? await runStep('tools', provideTools) : nothing;
  const servers = await provideTestServers(given, makeContext);
  let village: TestDatabase | undefined;
  try {
    process.env.DARKROOM_TEST_DATABASE_URL = servers.databaseUrl;
    process.env.DARKROOM_TEST_REDIS_URL = servers.redisUrl;
    village = await createDatabaseOf(villageRows);
    process.env[villageVariable] = new URL(village.url).pathname.slice(1);
    const session = { root, signal, print, concurrency, fileLimitMs };
    return addOutcomes([tools, await runStep('tests', () => runTestFiles({ ...session, files }))]);
  } finally {
    await village?.drop();
    await servers.stop();
  }
}

/** All checks and tests, or only the test files that the patterns name. */
async function runAll(patterns: readonly string[]): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  if (patterns.length === 0) {
    const checks = checkSteps.map((step) => runStep(step.name, () => runCheck(root, step, signal)));
    outcomes.push(...(await Promise.all(checks)));
  }
  outcomes.push(
    signal.aborted
      ? nothing
      : await runTests(patterns).catch((error: unknown) => ({
          ...nothing,
          failures: [failureOf('servers', error)],
        })),
  );
  return addOutcomes(outcomes);
}

// A test may run this command: node's runner must not take that for a test file running tests.
delete process.env.NODE_TEST_CONTEXT;
// As the launcher does: hundreds of processes load the same files.
process.env.NODE_COMPILE_CACHE ??= join(root, '.darkroom', 'compile-cache');
const outcome = await runAll(process.argv.slice(2));
for (const { title, text } of outcome.failures) print(`\n--- ${title}\n${text.trimEnd()}`);
if (outcome.skipped.length > 0) print(`\n${describeSkipped(outcome)}`);
if (signal.aborted) print('\nInterrupted: not everything ran.');
print(`\n${describeOutcome(outcome)}`);
process.exitCode = signal.aborted
  ? exitCodes.interrupted
  : isGreen(outcome)
    ? exitCodes.ok
    : exitCodes.internal;
terminal.close();
// Something that a test command left open must not keep it from ending.
setTimeout(() => process.exit(), leftoverLimitMs).unref();
