import { findFreePort } from './free-port.ts';
import type { PrometheusBinaries } from './prometheus-binary.ts';
import type { ScrapeTarget } from './prometheus-config.ts';
import type { StackContext } from './stack-context.ts';
import { startProcess } from './supervised-process.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** Processes that say of a store what it says of itself. */
export type Exporters = {
  readonly targets: readonly ScrapeTarget[];
  readonly processes: readonly SupervisedProcess[];
  readonly stop: () => Promise<void>;
};

/** A store that is to be watched. `candidate`: it serves that one alone. */
export type WatchedStore = { readonly url: string; readonly instance: string; readonly candidate?: string };

export type StoresToWatch = {
  /** A file of questions that are asked of PostgreSQL besides; null: none. */
  readonly postgresQuestions: string | null;
  readonly postgres: readonly WatchedStore[];
  readonly redis: readonly WatchedStore[];
};

/** Starts an exporter for each store for which there is one. Passwords go by the environment, where only we can read them. */
export async function startExporters(
  context: StackContext,
  binaries: PrometheusBinaries,
  { postgres, redis, postgresQuestions }: StoresToWatch,
): Promise<Exporters> {
  const started: SupervisedProcess[] = [];
  const targets: ScrapeTarget[] = [];
  const start = async (
    job: 'postgres' | 'redis',
    command: string,
    store: WatchedStore,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const address = `127.0.0.1:${await findFreePort()}`;
    const name = `exporter-${store.instance}`;
    const listen = `${job === 'redis' ? '-' : '--'}web.listen-address=${address}`;
    started.push(await startProcess(context, { name, command, args: [listen, ...args], env }));
    const { instance, candidate } = store;
    targets.push({ job, instance, address, ...(candidate !== undefined && { candidate }) });
  };
  const stop = async () => {
    await Promise.all(started.map((exporter) => exporter.stop()));
  };
  try {
    const { redisExporter, postgresExporter } = binaries;
    if (postgresExporter !== null)
      for (const store of postgres)
        await start(
          'postgres',
          postgresExporter,
          store,
          [
            '--disable-settings-metrics',
            '--no-collector.bgwriter',
            '--log.level=error',
            ...(postgresQuestions === null ? [] : [`--extend.query-path=${postgresQuestions}`]),
          ],
          {
            DATA_SOURCE_NAME: withoutTls(store.url),
          },
        );
    if (redisExporter !== null)
      for (const store of redis) await start('redis', redisExporter, store, [], redisEnvironment(store.url));
    return { targets, processes: started, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The exporter asks for TLS unless it is told otherwise; our own server, on loopback, has none. */
function withoutTls(url: string): string {
  const { searchParams } = new URL(url);
  if (searchParams.has('sslmode')) return url;
  return `${url}${url.includes('?') ? '&' : '?'}sslmode=disable`;
}

function redisEnvironment(url: string): Record<string, string> {
  const { protocol, host, username, password } = new URL(url);
  return {
    REDIS_ADDR: `${protocol}//${host}`,
    REDIS_USER: decodeURIComponent(username),
    REDIS_PASSWORD: decodeURIComponent(password),
  };
}
