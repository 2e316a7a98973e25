import { exitCodes } from '../../cli/errors.ts';
import { readNumbers, runCommand } from '../support/command-numbers.ts';
import { createDatabaseOf } from '../support/databases.ts';
import { villageRows } from '../support/village-rows.ts';
import { withTestServers } from '../support/with-test-servers.ts';
import { tryAll } from './trial-report.ts';

/**
 * `npm run gateway-trials [-- --trials 100000 --gateways 2 --at-once 16 --late-by 20]`: on real processes, writes through one gateway and reads at
 * once through others. Fails where a synchronised read misses a write, or where no unsynchronised one does: then the trial shows nothing.
 */
await runCommand(async () => {
  const numberOf = readNumbers(process.argv.slice(2), ['trials', 'gateways', 'at-once', 'late-by']);
  const trials = numberOf('trials', 100, 10_000_000, 100_000);
  const gateways = numberOf('gateways', 2, 8, 2);
  const atOnce = numberOf('at-once', 1, 200, 16);
  const lateByMs = numberOf('late-by', 1, 1_000, 20);
  await withTestServers(async ({ clock, signal, print }) => {
    const database = await createDatabaseOf(villageRows);
    try {
      const outcome = await tryAll({
        databaseUrl: database.url,
        trials,
        gateways,
        atOnce,
        lateByMs,
        now: clock.now,
        signal,
        told: (line) => print(`${line}\n`),
      });
      if (!outcome) process.exitCode = exitCodes.internal;
    } finally {
      await database.drop();
    }
  });
});
