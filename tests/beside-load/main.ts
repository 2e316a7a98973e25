import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { readNumbers, runCommand } from '../support/command-numbers.ts';
import { describeFailures, runTests, startBusyLoops } from './run-beside-load.ts';
import type { Run } from './run-beside-load.ts';

/**
 * `npm run test:beside-load [-- --runs 10 --loops 2] [PATTERN...]`: runs the tests again and again while busy loops take the CPU from
 * them, and prints what failed, by name. What passes alone and fails here assumes that the machine is fast.
 */
await runCommand(async () => {
  const argv = process.argv.slice(2);
  const lastOption = argv.findLastIndex((text) => text.startsWith('--'));
  const numbers = lastOption === -1 ? 0 : lastOption + 2;
  const numberOf = readNumbers(argv.slice(0, numbers), ['runs', 'loops']);
  const count = numberOf('runs', 1, 1_000, 10);
  const loops = startBusyLoops(numberOf('loops', 0, 64, 2));
  const terminal = createTerminal(process);
  const runs: Run[] = [];
  try {
    while (runs.length < count && !terminal.signal.aborted) {
      const run = await runTests(argv.slice(numbers), terminal.signal);
      runs.push(run);
      terminal.print(`run ${runs.length} of ${count}: ${run.lastLine}\n`);
      for (const title of run.failed) terminal.print(`  FAILED ${title}\n`);
    }
  } finally {
    await loops.stop();
    terminal.close();
  }
  const failures = describeFailures(runs);
  for (const line of failures) terminal.print(`${line}\n`);
  if (terminal.signal.aborted) process.exitCode = exitCodes.interrupted;
  else if (failures.length > 0) process.exitCode = exitCodes.internal;
});
