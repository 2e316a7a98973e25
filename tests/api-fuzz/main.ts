import { exitCodes } from '../../cli/errors.ts';
import { createPopulation } from '../../loadtests/workloads/population.ts';
import { seedDatabase } from '../../loadtests/workloads/seed-database.ts';
import { createSocialGraph } from '../../loadtests/workloads/social-graph.ts';
import { readNumbers, runCommand } from '../support/command-numbers.ts';
import { createDatabaseOf } from '../support/databases.ts';
import { withTestServers } from '../support/with-test-servers.ts';
import { describeFuzz, fuzzService } from './fuzzed-service.ts';

const complaintsShown = 50;
const atOnce = 4;
const seedMax = 2 ** 31 - 1;

/** `npm run api-fuzz [-- --requests 10000 --seed 7]`: prints its figure, and fails where an answer is not as described. */
await runCommand(async () => {
  const numberOf = readNumbers(process.argv.slice(2), ['requests', 'seed']);
  const count = numberOf('requests', 1, 10_000_000, 10_000);
  const seed = numberOf('seed', 0, seedMax, Math.floor(Math.random() * seedMax));
  await withTestServers(async ({ print }) => {
    const population = createPopulation({ people: 200, photos: 2_000, seed: 1 });
    const database = await createDatabaseOf(seedDatabase(population, createSocialGraph(population)));
    try {
      const result = await fuzzService(database, { count, seed, atOnce });
      for (const complaint of result.complaints.slice(0, complaintsShown)) print(`- ${complaint}\n`);
      print(`${describeFuzz(result, seed)}\n`);
      if (result.complaints.length > 0) process.exitCode = exitCodes.internal;
    } finally {
      await database.drop();
    }
  });
});
