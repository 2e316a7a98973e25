import { redisUses } from '../../app/contract/system.ts';
import { createDatabaseAdmin } from '../stack/database-admin.ts';
import { tryPostgres } from '../stack/given-postgres.ts';
import { liveRuns } from '../stack/leftovers.ts';
import type { LiveRun } from '../stack/leftovers.ts';
import { findPostgresPackage } from '../stack/postgres-binaries.ts';
import { postgresRemedy } from '../stack/postgres-remedies.ts';
import { startPostgres } from '../stack/postgres-server.ts';
import { findRedisBinary } from '../stack/redis-binary.ts';
import { redisRemedy } from '../stack/redis-remedies.ts';
import { startRedis } from '../stack/redis-server.ts';
import { tryRedis } from '../stack/redis-trials.ts';
import type { RedisTrial } from '../stack/redis-trials.ts';
import type { StackContext } from '../stack/stack-context.ts';
import { wordsOf } from '../stack/server-words.ts';
import { canUnpackPackages } from '../stack/system-packages.ts';
import { tryInOrder } from '../stack/trial.ts';
import type { Step, Trial } from '../stack/trial.ts';
import { countNeeds, needsOfDefaultPlan } from './try-needs.ts';

type Stoppable = { stop(): Promise<void> };

/** Tries the PostgreSQL of DATABASE_URL, or the embedded one, which is started and stopped. */
export async function tryStorage(context: StackContext): Promise<Trial[]> {
  const part = 'PostgreSQL';
  const { databaseUrl } = context.environment;
  const { checkout } = context.paths;
  if (databaseUrl !== null) return tryDatabases(databaseUrl, checkout);
  const tried = 'start the embedded server';
  if (findPostgresPackage() === null) {
    const said = 'it is not installed for this platform';
    return [
      {
        part,
        tried,
        result: 'failed',
        said,
        remedy: 'Run "npm ci --include=optional", or set DATABASE_URL.',
      },
    ];
  }
  const { connections } = needsOfDefaultPlan();
  const start = () => startPostgres(context, { connections });
  return whileRunning(context, { part, tried, start, remedyOf: postgresRemedy }, ({ adminUrl }) =>
    tryDatabases(adminUrl, checkout),
  );
}

async function tryDatabases(url: string, checkout: string): Promise<Trial[]> {
  const trials = await tryPostgres(url, checkout);
  if (trials[0]?.result !== 'ok') return trials;
  const room = await createDatabaseAdmin(url)
    .readRoom()
    .catch(() => null);
  if (room === null) return trials;
  const slots = room.replicationSlots ?? 0;
  const stream: Trial = {
    part: 'PostgreSQL',
    tried: 'count replication slots',
    result: slots > 0 ? 'ok' : 'not needed',
    said: `${slots} to be had, one for each replica that reads the change stream`,
    remedy:
      slots > 0
        ? ''
        : 'Only for invalidation=change-stream: set wal_level=logical and raise max_replication_slots.',
  };
  return [...trials, ...countNeeds('PostgreSQL', { connections: room.connections }), stream];
}

/** Tries the Redis of REDIS_URL, or one of its own, which is started and stopped. */
export async function tryTier(context: StackContext): Promise<Trial[]> {
  const part = 'Redis';
  const { redisUrl } = context.environment;
  const take = async (url: string): Promise<Trial[]> =>
    (await tryRedis(url, 'darkroom:', redisUses)).map(asTrial);
  if (redisUrl !== null) return take(redisUrl);
  const tried = 'start a server';
  if (findRedisBinary(context) === null) {
    const remedy = 'apt-get install redis-server (or: brew install valkey), or set REDIS_URL.';
    return canUnpackPackages(context)
      ? [{ part, tried, result: 'will come', said: 'unpacked from the packages of this system', remedy: '' }]
      : [{ part, tried, result: 'failed', said: 'no redis-server and no valkey-server on PATH', remedy }];
  }
  const start = () => startRedis(context, { name: 'redis-doctor' });
  const remedyOf = (error: unknown) => redisRemedy(wordsOf(error));
  return whileRunning(context, { part, tried, start, remedyOf }, ({ url }) => take(url));
}

/** What the candidates that are compared by default do without. */
const special: Readonly<Record<string, string>> = {
  queue: 'Only for write-behind.',
  'track clients': 'Only for invalidation=client-tracking.',
};

function asTrial({ what, complaint, remedy }: RedisTrial): Trial {
  const trial = { part: 'Redis', tried: what };
  if (complaint === null) return { ...trial, result: 'ok', said: '', remedy: '' };
  const only = special[what];
  if (only === undefined) return { ...trial, result: 'failed', said: `it ${complaint}`, remedy };
  return { ...trial, result: 'not needed', said: `it ${complaint}`, remedy: `${only} ${remedy}`.trim() };
}

type OwnServer<Server> = {
  readonly part: string;
  readonly tried: string;
  readonly start: () => Promise<Server>;
  readonly remedyOf: (error: unknown) => string;
};

/** Starts a server of ours for the trials and stops it. Not beside a run, whose measurement that would disturb. */
async function whileRunning<Server extends Stoppable & { readonly source: string }>(
  context: StackContext,
  { part, tried, start, remedyOf }: OwnServer<Server>,
  take: (server: Server) => Promise<Trial[]>,
): Promise<Trial[]> {
  let live: LiveRun | undefined;
  let server: Server | null = null;
  const step: Step = {
    tried,
    run: async () => {
      live = liveRuns(context.paths).find(({ pid }) => pid !== process.pid);
      if (live !== undefined) return;
      server = await start();
      return server.source;
    },
  };
  const trials = await tryInOrder(part, [step], remedyOf);
  const other = live as LiveRun | undefined;
  if (other !== undefined) {
    const where = other.pid === null ? 'in another container' : `process ${other.pid}`;
    return [{ part, tried, result: 'not tried', said: `a run is going on (${where})`, remedy: '' }];
  }
  const running = server as Server | null;
  if (running === null) return trials;
  try {
    return [...trials, ...(await take(running))];
  } finally {
    await running.stop();
  }
}
