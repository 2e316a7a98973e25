import { parseArgs } from 'node:util';
import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { provideTestServers } from '../runner/test-servers.ts';
import { createDatabaseOf } from '../support/databases.ts';
import { villageRows } from '../support/village-rows.ts';
import { tryAll } from './trial-report.ts';

/**
 * `npm run gateway-trials [-- --trials 100000 --gateways 2 --at-once 16 --late-by 20]`: on real processes, writes through one gateway and reads at
 * once through others. Fails where a synchronised read misses a write, or where no unsynchronised one does: then the trial shows nothing.
 */
const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100000' },
    gateways: { type: 'string', default: '2' },
    'at-once': { type: 'string', default: '16' },
    'late-by': { type: 'string', default: '20' },
  },
});
const terminal = createTerminal(process);
const { checkout, clock, signal, report } = terminal;
const given = {
  databaseUrl: process.env.DARKROOM_TEST_DATABASE_URL,
  redisUrl: process.env.DARKROOM_TEST_REDIS_URL,
};
const servers = await provideTestServers(given, () =>
  createStackContext({ checkout, clock, signal, report }),
);
try {
  process.env.DARKROOM_TEST_DATABASE_URL = servers.databaseUrl;
  process.env.DARKROOM_TEST_REDIS_URL = servers.redisUrl;
  const database = await createDatabaseOf(villageRows);
  try {
    const outcome = await tryAll({
      databaseUrl: database.url,
      trials: Number(values.trials),
      gateways: Number(values.gateways),
      atOnce: Number(values['at-once']),
      lateByMs: Number(values['late-by']),
      now: clock.now,
      signal,
      told: (line) => terminal.print(`${line}\n`),
    });
    if (!outcome) process.exitCode = exitCodes.internal;
  } finally {
    await database.drop();
  }
} finally {
  await servers.stop();
  terminal.close();
}
