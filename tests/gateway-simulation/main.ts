import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { readNumbers, runCommand } from '../support/command-numbers.ts';
import { asItIs, brokenVariants } from './broken-variants.ts';
import { simulateSeeds } from './simulate-seeds.ts';

/**
 * `npm run gateway-simulation [-- --seeds 10000 --from 1 --variant 3]`: simulates the protocol of the gateways, prints what it met, and fails
 * where a promise was broken. With `--variant`, the broken one of that number, which is to fail.
 */
await runCommand(() => {
  const numberOf = readNumbers(process.argv.slice(2), ['seeds', 'from', 'variant']);
  const seeds = numberOf('seeds', 1, 100_000_000, 10_000);
  const from = numberOf('from', 1, 2 ** 31, 1);
  const variant = numberOf('variant', 1, brokenVariants.length, 0);
  const broken = brokenVariants[variant - 1];
  const name = broken?.name ?? 'the protocol as it is';
  const terminal = createTerminal(process);
  try {
    const result = simulateSeeds(from, seeds, broken?.behaviour ?? asItIs);
    for (const { seed, violations } of result.failed.slice(0, 20))
      terminal.print(`seed ${seed}: ${violations.join('; ')}\n`);
    terminal.print(`${name}: ${result.text}\n`);
    if (result.failed.length > 0) process.exitCode = exitCodes.internal;
  } finally {
    terminal.close();
  }
});
