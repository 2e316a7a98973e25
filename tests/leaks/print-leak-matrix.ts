import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { strategies } from '../../app/cache/strategies/index.ts';
import { provideTestServers } from '../runner/test-servers.ts';
import { startDurableRedis } from '../support/own-redis.ts';
import { leakRoutes } from './leak-routes.ts';
import { cacheStates, describeCells, runLeakMatrix } from './leak-matrix.ts';
import type { LeakCell } from './leak-matrix.ts';
import { roles } from './leak-scene.ts';

/** Every strategy as it is, and each stack of tiers for one of them. */
const candidates = [
  ...Object.keys(strategies),
  'cache-aside:tiers=memory,invalidation=ttl',
  'cache-aside:tiers=redis',
  'ttl-only:tiers=memory+redis,ttl=1h,feed-ttl=1h',
  ...['best-effort', 'eventual', 'accurate', 'row-cas', 'flush', 'raw-log'].map(
    (mode) => `versioned:counter=${mode}`,
  ),
];

const terminal = createTerminal(process);
const { checkout, signal, clock, report } = terminal;
const print = (line: string) => terminal.print(`${line}\n`);

const servers = await provideTestServers({ databaseUrl: undefined, redisUrl: undefined }, () =>
  createStackContext({ checkout, clock, signal, report }),
);
process.env.DARKROOM_TEST_DATABASE_URL = servers.databaseUrl;
process.env.DARKROOM_TEST_REDIS_URL = servers.redisUrl;
// Writes that wait in Redis need one that loses nothing.
const durable = await startDurableRedis();
const cells: LeakCell[] = [];
try {
  for (const candidate of candidates) {
    if (signal.aborted) break;
    const redisUrl = candidate.startsWith('write-behind') ? durable.url : servers.redisUrl;
    const found = await runLeakMatrix(candidate, { redisUrl });
    cells.push(...found);
    for (const line of describeCells(found)) print(line);
    print(
      `${candidate}: ${found.length} questions, ${found.filter(({ leak }) => leak !== null).length} leaks`,
    );
  }
} finally {
  await durable.stop();
  await servers.stop();
}
const count = (what: 'leak' | 'mistake') => cells.filter((cell) => cell[what] !== null).length;
print(
  `${leakRoutes.length} routes × ${Object.keys(roles).length} roles × ${cacheStates.length} states of caches × ${candidates.length} candidates: ` +
    `${cells.length} questions, ${count('leak')} leaks, ${count('mistake')} mistakes`,
);
terminal.exitWith(
  count('leak') + count('mistake') === 0 && !signal.aborted ? exitCodes.ok : exitCodes.internal,
);
terminal.close();
