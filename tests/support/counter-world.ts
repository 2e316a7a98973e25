import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseCandidate } from '../../app/candidates/parse-candidate.ts';
import { createSystemClock } from '../../app/clock.ts';
import { createHashText, queueOf } from '../../app/counters/counter-hash.ts';
import { createNamespaces } from '../../app/counters/counter-namespaces.ts';
import type { CounterNamespaces } from '../../app/counters/counter-namespaces.ts';
import { unobserved } from '../../app/counters/counter-observer.ts';
import type { CounterObserver, RollupObserver } from '../../app/counters/counter-observer.ts';
import { openCounterRedis } from '../../app/counters/counter-redis.ts';
import type { CounterService } from '../../app/counters/counter-service.ts';
import type { EventRange } from '../../app/counters/event-store.ts';
import { raiseCount } from '../../app/counters/modes/best-effort-mode.ts';
import { openCounters } from '../../app/counters/open-counters.ts';
import { createRollUp } from '../../app/counters/roll-up.ts';
import { createRollupCache, keepNewerRollup } from '../../app/counters/rollup-cache.ts';
import type { RollupCache } from '../../app/counters/rollup-cache.ts';
import { createRollupWindow, skewMs } from '../../app/counters/rollup-window.ts';
import type { RollupWindow } from '../../app/counters/rollup-window.ts';
import { createRollupWorker } from '../../app/counters/rollup-loops.ts';
import type { RollupWorker } from '../../app/counters/rollup-loops.ts';
import { createStorage } from '../../app/storage/postgres.ts';
import type { Storage } from '../../app/storage/postgres.ts';
import type { Queries } from '../../app/storage/statement.ts';
import { connected } from './connected-storage.ts';
import { createTestRedis } from './databases.ts';
import { createFakeClock } from './fake-clock.ts';
import type { FakeClock } from './fake-clock.ts';
import { createSeededDatabase } from './test-app.ts';
import { patienceMs } from './test-redis-tier.ts';

export type WorkerOptions = {
  readonly queries?: Queries;
  readonly cache?: RollupCache;
  readonly window?: RollupWindow;
  readonly observe?: Partial<RollupObserver>;
};

/** Counters with a database of their own, a clock that the test moves, and workers that roll up when it says so. */
export type CounterWorld = {
  readonly clock: FakeClock;
  readonly storage: Storage;
  readonly namespaces: CounterNamespaces;
  readonly cache: RollupCache;
  /** The ranges that workers have read. */
  readonly scans: EventRange[];
  /** Counters of a replica. */
  open(options?: {
    readonly queries?: Queries;
    readonly observe?: Partial<CounterObserver>;
  }): Promise<CounterService>;
  worker(options?: WorkerOptions): RollupWorker;
  /** Lets all events freeze, and rolls up these counters until nothing is left. */
  settle(worker: RollupWorker, ids: readonly string[]): Promise<void>;
};

export type WorldOptions = {
  readonly candidate?: string;
  /** The file of namespaces. */
  readonly text?: string;
  readonly redis?: { readonly url: string; readonly keyPrefix: string };
};

export async function openCounterWorld(
  context: Pick<TestContext, 'after'>,
  { candidate = 'counter=eventual', text, redis: place = createTestRedis() }: WorldOptions = {},
): Promise<CounterWorld> {
  const database = await createSeededDatabase();
  const storage = createStorage(database.url, 8, () => {}, { usesIndexes: true });
  await connected(storage);
  const settings = parseCandidate(candidate).counters;
  const namespaces = createNamespaces({ settings, hasRedis: true, isLab: true, text: text ?? null });
  const clock = createFakeClock(Date.UTC(2026, 10, 30, 12));
  const scripts = [raiseCount, keepNewerRollup];
  const redis = await openCounterRedis(place, createSystemClock(), scripts, patienceMs);
  const cache = createRollupCache(redis);
  const hash = await createHashText();
  const scans: EventRange[] = [];
  const closing: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const close of closing) await close();
    redis.close();
    await storage.close();
    await database.drop();
  });
  const worker = ({ queries = storage, cache: own = cache, window, observe = {} }: WorkerOptions = {}) =>
    createRollupWorker({
      namespaces,
      queues: settings.queues,
      queueOf: (id) => queueOf(hash(id), 1, settings.queues),
      windowOf: (namespace) => window ?? createRollupWindow({ queries, clock, namespace, wait: pause }),
      rollUp: createRollUp({
        queries,
        cache: own,
        clock,
        observe: { ...unobserved, ...observe },
        onScan: (ranges) => void scans.push(...ranges),
      }),
      realClock: createSystemClock(),
      observe: { ...unobserved, ...observe },
      onTrouble: () => {},
    });
  return {
    clock,
    storage,
    namespaces,
    cache,
    scans,
    worker,
    async open({ queries = storage, observe = {} } = {}) {
      const { service, close } = await openCounters({
        settings,
        namespaces,
        storage: queries,
        redis: place,
        redisTimeoutMs: patienceMs,
        clock,
        realClock: createSystemClock(),
        random: Math.random,
        uniqueId: () => crypto.randomUUID(),
        observe: { ...unobserved, ...observe },
        inSpan: (_, work) => work(),
        runInBackground: (_, task) => void task.catch(() => {}),
        onTrouble: () => {},
      });
      closing.push(close);
      return service;
    },
    async settle(own, ids) {
      const acceptLimitMs = Math.max(...[...namespaces.values()].map((one) => one.acceptLimitMs));
      clock.advance(acceptLimitMs + skewMs + 1);
      own.hear(ids);
      for (let cycles = 0; cycles < 50 && own.length() > 0; cycles += 1) {
        for (const name of namespaces.keys()) await own.cycle(name);
      }
    },
  };
}
