import pg from 'pg';
import type { StackContext } from '../../cli/stack/stack-context.ts';
import { startPostgres } from '../../cli/stack/postgres-server.ts';
import { startRedis } from '../../cli/stack/redis-server.ts';

/** Where the tests find their servers. */
export type TestServers = { readonly databaseUrl: string; readonly redisUrl: string; stop(): Promise<void> };

type Given = { readonly databaseUrl: string | undefined; readonly redisUrl: string | undefined };

/** The tests of several files, and the worlds of whole commands beside them. */
const connections = 400;

/** Starts what is not given. What was started is stopped again when the next one does not start. */
export async function provideTestServers(
  given: Given,
  makeContext: () => StackContext,
): Promise<TestServers> {
  if (given.databaseUrl && given.redisUrl) {
    return { databaseUrl: given.databaseUrl, redisUrl: given.redisUrl, stop: async () => {} };
  }
  const context = makeContext();
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const server of started.toReversed()) await server.stop();
  };
  try {
    const databaseUrl = given.databaseUrl || (await startOwnPostgres(context, started));
    const redisUrl = given.redisUrl || (await startOwnRedis(context, started));
    return { databaseUrl, redisUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startOwnPostgres(
  context: StackContext,
  started: { stop(): Promise<void> }[],
): Promise<string> {
  const postgres = await startPostgres(context, { connections, isDurable: false });
  started.push(postgres);
  if (postgres.pid !== null) await dropTestDatabases(postgres.adminUrl);
  return postgres.adminUrl;
}

/** In a server of our own, databases of tests that were killed are nobody's any more. */
async function dropTestDatabases(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE datname LIKE 'darkroom\\_test\\_%'",
    );
    for (const { name } of rows)
      await client.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

async function startOwnRedis(context: StackContext, started: { stop(): Promise<void> }[]): Promise<string> {
  const redis = await startRedis(context, { name: 'redis-tests' });
  started.push(redis);
  return redis.url;
}
