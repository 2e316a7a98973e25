import { parseArgs } from 'node:util';
import { createTerminal } from '../../cli/commands/terminal.ts';
import { exitCodes } from '../../cli/errors.ts';
import { createStackContext } from '../../cli/worlds/workbench.ts';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import { seedDatabase } from '../../loadtests/workloads/seed-database.ts';
import { createSocialGraph } from '../../loadtests/workloads/social-graph.ts';
import { provideTestServers } from '../runner/test-servers.ts';
import { createDatabaseOf } from '../support/databases.ts';
import { describeFuzz, fuzzService } from './fuzzed-service.ts';

/** `npm run api-fuzz [-- --requests 10000 --seed 7]`: prints its figure, and fails where an answer is not as described. */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string' } },
});
const count = Number(values.requests);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const complaintsShown = 50;
const atOnce = 4;

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
  const population = createPopulation({ people: 200, photos: 2_000, seed: 1 });
  const database = await createDatabaseOf(seedDatabase(population, createSocialGraph(population)));
  try {
    const result = await fuzzService(database, { count, seed, atOnce });
    for (const complaint of result.complaints.slice(0, complaintsShown)) terminal.print(`- ${complaint}\n`);
    terminal.print(`${describeFuzz(result, seed)}\n`);
    if (result.complaints.length > 0) process.exitCode = exitCodes.internal;
  } finally {
    await database.drop();
  }
} finally {
  await servers.stop();
  terminal.close();
}
