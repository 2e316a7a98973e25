import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { readNumbers, runCommand } from '../support/command-numbers.ts';
import { describeFailures, runTests, startBusyLoops } from './run-beside-load.ts';
import type { Run } from './run-beside-load.ts';

const outputs = join(import.meta.dirname, '..', '..', '.darkroom', 'beside-load');

/**
 * `npm run test:beside-load [-- --runs 10 --loops 2] [PATTERN...]`: runs the tests again and again while busy loops take the CPU from
 * them, and prints what failed, by name. What passes alone and fails here assumes that the machine is fast. What each run has printed, with
 * the reasons, is kept.
 */
await runCommand(async () => {
  const argv = process.argv.slice(2);
  const lastOption = argv.findLastIndex((text) => text.startsWith('--'));
  const numbers = lastOption === -1 ? 0 : lastOption + 2;
  const numberOf = readNumbers(argv.slice(0, numbers), ['runs', 'loops']);
  const count = numberOf('runs', 1, 1_000, 10);
  const loops = startBusyLoops(numberOf('loops', 0, 64, 2));
  const terminal = createTerminal(process);
  mkdirSync(outputs, { recursive: true });
  const runs: Run[] = [];
  try {
    while (runs.length < count && !terminal.signal.aborted) {
      const outputFile = join(outputs, `run-${runs.length + 1}.log`);
      const run = await runTests(argv.slice(numbers), outputFile, terminal.signal);
      runs.push(run);
      terminal.print(`run ${runs.length} of ${count}: ${run.lastLine} (${outputFile})\n`);
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
