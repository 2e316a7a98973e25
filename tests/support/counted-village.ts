import type { TestContext } from 'node:test';
import type { CounterModeName } from '../../app/counters/system.ts';
import { createTestRedis } from './databases.ts';
import type { TestDatabase } from './databases.ts';
import { startServiceProcess } from './service-process.ts';
import type { ServiceProcess } from './service-process.ts';
import { createSeededDatabase, startTestApp } from './test-app.ts';
import type { TestApp } from './test-app.ts';

/** The village with two replicas that count as a mode does. */
export type CountedVillage = {
  readonly database: TestDatabase;
  readonly replicas: readonly [TestApp, TestApp];
  readonly environment: Readonly<Record<string, string>>;
  /** A process that rolls up, where the mode has one. */
  startRollups(): Promise<ServiceProcess | null>;
  stop(): Promise<void>;
};

/** The windows are short, so that late counts come soon. */
const axes: Readonly<Record<CounterModeName, string>> = {
  row: 'counter=row',
  'row-cas': 'counter=row-cas',
  'raw-log': 'counter=raw-log,window=10s',
  eventual: 'counter=eventual,window=200ms,coalesce=50ms',
  accurate: 'counter=accurate,window=200ms,coalesce=50ms',
  'best-effort': 'counter=best-effort',
  flush: 'counter=flush,flush-every=100ms',
};

export const candidateOf = (mode: CounterModeName, cache = 'versioned', more = ''): string =>
  `${cache}${cache.includes(':') ? ',' : ':'}${axes[mode]}${more}`;

export async function startCountedVillage(
  candidate: string,
  redis = createTestRedis(),
): Promise<CountedVillage> {
  const database = await createSeededDatabase();
  const environment = { REDIS_URL: redis.url, DARKROOM_REDIS_PREFIX: redis.keyPrefix };
  const start = (replica: string) =>
    startTestApp({
      candidate,
      databaseUrl: database.url,
      environment: { ...environment, DARKROOM_REPLICA: replica },
    });
  const replicas = [await start('r1'), await start('r2')] as const;
  const workers: ServiceProcess[] = [];
  return {
    database,
    replicas,
    environment,
    async startRollups() {
      if (!/counter=(eventual|accurate)/.test(candidate)) return null;
      const worker = startServiceProcess(
        {
          ...environment,
          DARKROOM_CANDIDATE: candidate,
          DATABASE_URL: database.url,
          DARKROOM_TELEMETRY: 'metrics',
          DARKROOM_LOG_LEVEL: 'warn',
        },
        'processes/rollup-worker.ts',
      );
      workers.push(worker);
      await worker.listening;
      return worker;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all(replicas.map((replica) => replica.close()));
      await database.drop();
    },
  };
}

/** The same for one test. */
export async function villageFor(context: TestContext, candidate: string): Promise<CountedVillage> {
  const village = await startCountedVillage(candidate);
  context.after(village.stop);
  return village;
}

export const likesOn = async (app: TestApp, photoId: number, viewer?: number): Promise<number> =>
  (await app.ask('GET', `/photos/${photoId}`, { ...(viewer !== undefined && { viewer }) })).json<{
    numberOfLikes: number;
  }>().numberOfLikes;

export const followersOf = async (app: TestApp, userId: number): Promise<number> =>
  (await app.ask('GET', `/users/${userId}/followers`)).json<{ numberOfFollowers: number }>()
    .numberOfFollowers;
