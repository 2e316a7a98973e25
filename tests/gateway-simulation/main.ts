import { parseArgs } from 'node:util';
import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { asItIs, brokenVariants } from './broken-variants.ts';
import { simulateSeeds } from './simulate-seeds.ts';

/**
 * `npm run gateway-simulation [-- --seeds 10000 --from 1 --variant 3]`: simulates the protocol of the gateways, prints what it met, and fails
 * where a promise was broken. With `--variant`, the broken one of that number, which is to fail.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    variant: { type: 'string' },
  },
});
const terminal = createTerminal(process);
const variant = values.variant === undefined ? undefined : brokenVariants[Number(values.variant) - 1];
const name = variant?.name ?? 'the protocol as it is';
try {
  const result = simulateSeeds(Number(values.from), Number(values.seeds), variant?.behaviour ?? asItIs);
  for (const { seed, violations } of result.failed.slice(0, 20))
    terminal.print(`seed ${seed}: ${violations.join('; ')}\n`);
  terminal.print(`${name}: ${result.text}\n`);
  if (result.failed.length > 0) process.exitCode = exitCodes.internal;
} finally {
  terminal.close();
}
