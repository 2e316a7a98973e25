import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createTerminal } from '../cli/commands/terminal.ts';
import { readEnvironment } from '../cli/environment.ts';
import { CommandError, exitCodes } from '../cli/errors.ts';
import { readMachine } from '../cli/stack/cpu-accounting.ts';
import { startRedis } from '../cli/stack/redis-server.ts';
import type { RedisServer } from '../cli/stack/redis-server.ts';
import type { StackContext } from '../cli/stack/stack-context.ts';
import { resolvePaths } from '../cli/stack/stack-paths.ts';
import { reapLeftovers } from '../cli/stack/leftovers.ts';
import type { Bench, Lab } from './harness/bench.ts';
import { benchNames } from './harness/bench-names.ts';
import { readResults, writeResult } from './harness/bench-result.ts';
import { conductBench } from './harness/conduct-bench.ts';
import { describeCommit, describeMachine, installedVersions } from './harness/describe-machine.ts';
import { installPeers } from './harness/install-peers.ts';
import { launchContestant } from './harness/launch-contestant.ts';
import { renderPage } from './harness/render-page.ts';
import { parseArguments } from './harness/bench-arguments.ts';
import type { BenchArguments } from './harness/bench-arguments.ts';

const folder = import.meta.dirname;
const results = join(folder, 'results');
const terminal = createTerminal(process);
const { checkout, signal, report, clock } = terminal;

/** Servers of our own only: what another server measures says nothing, and its keys are not ours to remove. */
function createBenchContext(): StackContext {
  const environment = { ...readEnvironment(), databaseUrl: null, redisUrl: null };
  const paths = resolvePaths(checkout, environment);
  reapLeftovers(paths, report);
  return { paths, environment, report, signal };
}

/** Type check of the benches, which the tests leave out because it needs the peers. */
function checkTypes(): void {
  const compiler = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(folder, 'tsconfig.json')], {
    stdio: 'inherit',
  });
  terminal.exitWith(status === 0 ? exitCodes.ok : exitCodes.internal);
}

async function runBench(
  bench: Bench,
  context: StackContext,
  redis: RedisServer,
  args: BenchArguments,
): Promise<void> {
  const pressureBefore = readMachine().cpuPressurePct;
  const lab: Lab = {
    checkout,
    context,
    now: clock.now,
    seed: args.seed,
    emptyRedis: async () => {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
    launch: (label, part = '') =>
      launchContestant(context, {
        bench: bench.name,
        label,
        redisUrl: redis.url,
        keyPrefix: redis.keyPrefix,
        seed: args.seed,
        part,
      }),
  };
  const conducted = await conductBench(bench, lab, args.rounds ?? bench.rounds);
  // Half a bench would replace a whole one.
  if (signal.aborted) throw new CommandError('interrupted', 'interrupted');
  const { name, question, method, metrics, reference, targets } = bench;
  if (conducted.contestants.every(({ label }) => label !== reference)) {
    throw new CommandError(
      'serviceFailed',
      `${name}: nothing was measured of ${reference}, so nothing is kept.`,
    );
  }
  writeResult(results, {
    format: 1,
    description: { name, question, method, metrics, reference, targets },
    ...conducted,
    seed: args.seed,
    machine: describeMachine(redis.version, pressureBefore),
    versions: installedVersions([folder, join(folder, 'contestants', 'on-ioredis-5')]),
    commit: describeCommit(checkout),
    date: args.date ?? new Date(clock.now()).toISOString().slice(0, 10),
  });
}

async function runBenches(args: BenchArguments): Promise<void> {
  const context = createBenchContext();
  await installPeers(folder, context);
  if (args.isCheck) return checkTypes();
  // Only now: the benches import what has just been installed.
  const { benches } = await import('./bench-list.ts');
  const wanted = benches.filter(({ name }) => args.names.includes(name));
  const redis = await startRedis(context, { name: 'redis-benches' });
  try {
    for (const bench of wanted) await runBench(bench, context, redis, args);
  } finally {
    await redis.stop();
  }
}

try {
  const args = parseArguments(process.argv.slice(2), benchNames);
  if (!args.isRender) await runBenches(args);
  if (!args.isCheck) writeFileSync(join(checkout, 'docs', 'benchmarks.md'), renderPage(readResults(results)));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  terminal.progress(`bench: ${[error.message, error.remedy].filter(Boolean).join('\n  ')}\n`);
  terminal.exitWith(error.exitCode);
} finally {
  terminal.close();
}
