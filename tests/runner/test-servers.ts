import type { StackContext } from '../../cli/stack/stack-context.ts';
import { startPostgres } from '../../cli/stack/postgres-server.ts';
import { startRedis } from '../../cli/stack/redis-server.ts';

/** Where the tests find their servers. */
export type TestServers = { readonly databaseUrl: string; readonly redisUrl: string; stop(): Promise<void> };

type Given = { readonly databaseUrl: string | undefined; readonly redisUrl: string | undefined };

/** Starts what is not given. What was started is stopped again when the next one does not start. */
export async function provideTestServers(
  given: Given,
  makeContext: () => StackContext,
): Promise<TestServers> {
  if (given.databaseUrl && given.redisUrl) {
    return { databaseUrl: given.databaseUrl, redisUrl: given.redisUrl, stop: async () => {} };
  }
  const context = makeContext();
  const postgres = given.databaseUrl ? null : await startPostgres(context);
  try {
    if (postgres !== null && postgres.pid !== null) {
      // In a server of our own, databases of tests that were killed are nobody's any more.
      for (const name of await postgres.listDatabases()) {
        if (name.startsWith('darkroom_test_')) await postgres.dropDatabase(name);
      }
    }
    const redis = given.redisUrl ? null : await startRedis(context, { name: 'redis-tests' });
    return {
      databaseUrl: postgres?.urlOf('postgres') ?? String(given.databaseUrl),
      redisUrl: redis?.url ?? String(given.redisUrl),
      stop: async () => {
        await redis?.stop();
        await postgres?.stop();
      },
    };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}
