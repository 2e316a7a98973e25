import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTerminal } from '../cli/commands/terminal.ts';
import { CommandError, exitCodes } from '../cli/errors.ts';
import { readTreeCpuUs } from '../cli/stack/cpu-accounting.ts';
import { provideK6 } from '../cli/stack/k6-binary.ts';
import { providePrometheus } from '../cli/stack/prometheus-binary.ts';
import type { StackContext } from '../cli/stack/stack-context.ts';
import { createStackContext } from '../cli/worlds/workbench.ts';
import { checkSteps, runCheck } from './runner/check-steps.ts';
import { describeCpu, listCpu } from './runner/cpu-use.ts';
import type { CpuUse } from './runner/cpu-use.ts';
import { emptyDataVariable, provideEmptyData } from './runner/empty-data.ts';
import { addOutcomes, describeOutcome, describeSkipped, isGreen } from './runner/outcome.ts';
import type { Outcome } from './runner/outcome.ts';
import { findTestFiles, findUnmatched } from './runner/test-files.ts';
import { runTestFiles } from './runner/test-session.ts';
import { provideTestServers } from './runner/test-servers.ts';
import { createDatabaseOf, villageVariable } from './support/databases.ts';
import type { TestDatabase } from './support/databases.ts';
import { villageRows } from './support/village-rows.ts';

/** Three files at a time, and more while they leave a core idle: whole commands mostly wait, for servers and for rounds. */
const [concurrency, moreWhenIdle] = [3, 3];
/** Each takes less than two minutes on a machine that does nothing else. */
const fileLimitMs = 900_000;

const leftoverLimitMs = 5_000;

const nothing: Outcome = { passed: 0, skipped: [], failures: [] };
const patterns = process.argv.slice(2);
const terminal = createTerminal(process);
const { checkout: root, signal } = terminal;
const cpuUses: CpuUse[] = [];
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

async function runTests(): Promise<Outcome> {
  const given = {
    databaseUrl: process.env.DARKROOM_TEST_DATABASE_URL,
    redisUrl: process.env.DARKROOM_TEST_REDIS_URL,
  };
  const servers = await provideTestServers(given, makeContext);
  process.env.DARKROOM_TEST_DATABASE_URL = servers.databaseUrl;
  process.env.DARKROOM_TEST_REDIS_URL = servers.redisUrl;
  const outcome = await runOnServers();
  return addOutcomes([outcome, await noted('end of the servers', servers.stop)]);
}

async function runOnServers(): Promise<Outcome> {
  let village: TestDatabase | undefined;
  const provide = async (): Promise<void> => {
    village = await createDatabaseOf(villageRows);
    process.env[villageVariable] = new URL(village.url).pathname.slice(1);
    process.env[emptyDataVariable] = await provideEmptyData(makeContext());
  };
  const provided = await noted('what the tests begin with', provide);
  const onCpu = (use: CpuUse) => void cpuUses.push(use);
  const session = { root, signal, print, concurrency, moreWhenIdle, fileLimitMs, onCpu };
  const files = findTestFiles(root, patterns);
  const run = () => runStep('tests', () => runTestFiles({ ...session, files }));
  const outcome = provided.failures.length > 0 ? provided : await run();
  return addOutcomes([outcome, await noted('end of the village', async () => village?.drop())]);
}

/** What fails before or after the tests is a failure beside what they have found. */
async function noted(title: string, work: () => Promise<void>): Promise<Outcome> {
  return work().then(
    () => nothing,
    (error: unknown) => ({ ...nothing, failures: [failureOf(title, error)] }),
  );
}

/** All checks and tests, or only the test files that the patterns name. */
async function runAll(): Promise<Outcome> {
  const unmatched = findUnmatched(root, patterns);
  if (unmatched.length > 0) return { ...nothing, failures: unmatched.map(failureOfPattern) };
  const outcomes: Outcome[] = [];
  if (patterns.length === 0) {
    const checks = checkSteps.map((step) => runStep(step.name, () => runCheck(root, step, signal)));
    outcomes.push(...(await Promise.all(checks)), await runStep('tools', provideTools));
  }
  if (!signal.aborted)
    outcomes.push(
      await runTests().catch((error: unknown) => ({ ...nothing, failures: [failureOf('servers', error)] })),
    );
  return addOutcomes(outcomes);
}

const failureOfPattern = (pattern: string): Outcome['failures'][number] => ({
  title: pattern,
  text: 'No test file has this in its path, or matches it. Nothing was run; without a pattern everything is.',
});

/** Says where the time went; the file has all of it. */
function tellCpu(): void {
  const allUs = readTreeCpuUs(process.pid);
  print(`\n${describeCpu(cpuUses, allUs === null ? null : allUs / 1_000)}`);
  const folder = join(root, '.darkroom', 'checks');
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cpu-seconds.txt'), listCpu(cpuUses).join('\n'));
  } catch (error) {
    // A full disk must not take the last line.
    terminal.report(`The CPU of each file could not be written: ${String(error)}`);
  }
}

/** Something of this command itself is broken: that is said in the last line, too. */
function endBroken(error: unknown): void {
  const failure = failureOf('the test command', error);
  print(`\n--- ${failure.title}\n${failure.text}\n\n${describeOutcome({ ...nothing, failures: [failure] })}`);
  process.exit(exitCodes.internal);
}

async function statusOf(outcome: Outcome): Promise<number> {
  if (signal.aborted) return exitCodes.interrupted;
  if (!isGreen(outcome)) return exitCodes.internal;
  return (await terminal.printed()) === null ? exitCodes.ok : exitCodes.notWritten;
}

process.once('uncaughtException', endBroken);
// A test may run this command: node's runner must not take that for a test file running tests.
delete process.env.NODE_TEST_CONTEXT;
// As the launcher does: hundreds of processes load the same files.
process.env.NODE_COMPILE_CACHE ??= join(root, '.darkroom', 'compile-cache');
const outcome = await runAll();
for (const { title, text } of outcome.failures) print(`\n--- ${title}\n${text.trimEnd()}`);
if (outcome.skipped.length > 0) print(`\n${describeSkipped(outcome)}`);
if (signal.aborted) print('\nInterrupted: not everything ran.');
tellCpu();
print(`\n${describeOutcome(outcome)}`);
process.exitCode = await statusOf(outcome);
terminal.close();
// Something that a test command left open must not keep it from ending.
setTimeout(() => process.exit(), leftoverLimitMs).unref();
