import pg from 'pg';
import { connectionTo } from './connection-settings.ts';

/** What a connection asks of the server, and for how long its driver waits. */
type OwnSettings = { readonly options?: string } & Pick<
  pg.ClientConfig,
  'connectionTimeoutMillis' | 'statement_timeout' | 'query_timeout'
>;

/**
 * Opens a connection for some work, and closes it. It may be cut at any time: the statement says so that is under way, or the next one.
 * The driver also raises an event, which would end the process if nobody listened.
 */
export async function onOwnConnection<T>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<T>,
  { options, ...limits }: OwnSettings = {},
): Promise<T> {
  const client = new pg.Client({ ...connectionTo(databaseUrl, options), ...limits });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
