import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Queries } from '../storage/statement.ts';
import { createHashText } from './counter-hash.ts';
import type { HashText } from './counter-hash.ts';
import type { CounterMode } from './counter.ts';
import type { CounterNamespaces } from './counter-namespaces.ts';
import type { CounterObserver } from './counter-observer.ts';
import type { CounterRedis, RedisPlace } from './counter-redis.ts';
import { createCounterService } from './counter-service.ts';
import type { CounterService, InSpan } from './counter-service.ts';
import { keepSlicesAhead } from './event-slices.ts';
import { createBestEffortMode, raiseCount } from './modes/best-effort-mode.ts';
import { createEventLog } from './modes/event-log.ts';
import { createFlushMode } from './modes/flush-mode.ts';
import { createRawLogMode } from './modes/raw-log-mode.ts';
import { createAccurateMode, createEventualMode } from './modes/rolled-up-modes.ts';
import type { RolledUpParts } from './modes/rolled-up-modes.ts';
import { createRowCasMode, createRowMode } from './modes/row-modes.ts';
import { createRollupAnnouncer } from './rollup-announcer.ts';
import type { RollupAnnouncer } from './rollup-announcer.ts';
import { createRollupCache, keepNewerRollup } from './rollup-cache.ts';
import { createReadRollups } from './rollup-reader.ts';
import { hasEvents } from './system.ts';
import type { CounterModeName, CounterSettings } from './system.ts';

export type OpenCountersParts = {
  readonly settings: CounterSettings;
  readonly namespaces: CounterNamespaces;
  readonly storage: Queries;
  /** Null: the world has none. */
  readonly redis: RedisPlace | null;
  /** How long a command to it may take. By default as long as a request may be held up. */
  readonly redisTimeoutMs?: number;
  readonly clock: Clock;
  readonly realClock: Clock;
  readonly random: () => number;
  readonly uniqueId: () => string;
  readonly observe: CounterObserver;
  readonly inSpan: InSpan;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
  readonly onTrouble: (what: string, reason: unknown) => void;
};

export type OpenCounters = {
  readonly service: CounterService;
  /** Null: no mode needs it. */
  readonly redis: CounterRedis | null;
  /** Writes what waits, and lets go of Redis. */
  close(): Promise<void>;
};

/** What modes share, each made once and only where a mode needs it. */
type Shared = {
  readonly redis: CounterRedis | null;
  readonly hash: HashText | null;
  readonly announcer: RollupAnnouncer | null;
};

/** The counters of a process: only what its namespaces need is made, and where all count in rows that is next to nothing. */
export async function openCounters(parts: OpenCountersParts): Promise<OpenCounters> {
  const names = new Set([...parts.namespaces.values()].map(({ mode }) => mode));
  const rolledUp = names.has('eventual') || names.has('accurate');
  const logs = [...parts.namespaces.values()].filter(({ mode }) => hasEvents(mode));
  const needsRedis = rolledUp || names.has('best-effort');
  const redis = needsRedis && parts.redis !== null ? await openRedis(parts, parts.redis) : null;
  const hash = logs.length > 0 ? await createHashText() : null;
  const announcer =
    redis !== null && hash !== null && rolledUp
      ? createRollupAnnouncer({
          redis,
          hash,
          workers: parts.settings.rollupWorkers,
          observe: parts.observe.announced,
        })
      : null;
  const acceptLimitMs = Math.max(0, ...logs.map((namespace) => namespace.acceptLimitMs));
  const slices =
    logs.length > 0
      ? keepSlicesAhead(parts.storage, parts.clock, acceptLimitMs, (reason) =>
          parts.onTrouble('slices of events', reason),
        )
      : null;
  await slices?.made;
  const modes = new Map(
    [...names].map((name) => [name, createMode(name, parts, { redis, hash, announcer })]),
  );
  return {
    service: createCounterService({ ...parts, modes }),
    redis,
    async close() {
      slices?.stop();
      for (const mode of modes.values()) await mode.close?.();
      await announcer?.close();
      redis?.close();
    },
  };
}

/** Where all count in rows, its client is not even loaded. */
async function openRedis(
  { realClock, redisTimeoutMs }: OpenCountersParts,
  place: RedisPlace,
): Promise<CounterRedis> {
  const { openCounterRedis } = await import('./counter-redis.ts');
  return openCounterRedis(place, realClock, [raiseCount, keepNewerRollup], redisTimeoutMs);
}

function createMode(name: CounterModeName, parts: OpenCountersParts, shared: Shared): CounterMode {
  const { storage, random, settings } = parts;
  switch (name) {
    case 'row':
      return createRowMode(storage);
    case 'row-cas':
      return createRowCasMode({ storage, random, wait: pauseFor });
    case 'flush':
      return createFlushMode({
        storage,
        random,
        everyMs: settings.flushEveryMs,
        onTrouble: (reason) => parts.onTrouble('flush of counters', reason),
      });
    case 'best-effort':
      return createBestEffortMode(required(shared.redis), parts.namespaces);
    case 'raw-log':
      return createRawLogMode(logOf(parts, shared));
    case 'eventual':
      return createEventualMode(rolledUpParts(parts, shared));
    case 'accurate':
      return createAccurateMode(rolledUpParts(parts, shared));
  }
}

function logOf({ storage, namespaces, observe }: OpenCountersParts, { hash }: Shared) {
  return createEventLog({
    storage,
    namespaces,
    hash: required(hash),
    observe: (events) => observe.eventsRead('get', events),
  });
}

function rolledUpParts(parts: OpenCountersParts, shared: Shared): RolledUpParts {
  const { storage, namespaces, runInBackground } = parts;
  const cache = createRollupCache(required(shared.redis));
  return {
    log: logOf(parts, shared),
    readRollups: createReadRollups({ storage, cache, namespaces, runInBackground }),
    announcer: required(shared.announcer),
  };
}

/** Settings are checked before: a candidate that needs Redis does not start without. */
function required<T>(part: T | null): T {
  if (part === null) throw new RangeError('a mode of counters needs a part that was not made');
  return part;
}
