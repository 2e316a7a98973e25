import type { Candidate } from '../../app/candidates/candidate.ts';
import { formatCandidate, namedAxes } from '../../app/candidates/format-candidate.ts';
import { allRedisUses } from '../../app/candidates/redis-of-candidate.ts';
import type { Clock } from '../../app/clock.ts';
import { CommandError } from '../errors.ts';
import { readProcessCpuUs } from '../stack/cpu-accounting.ts';
import type { StackContext } from '../stack/stack-context.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import { startRedis } from '../stack/redis-server.ts';
import type { RedisNeeds, RedisServer } from '../stack/redis-server.ts';
import type { ServerRun } from '../stack/server-run.ts';
import { startReplica } from './replica.ts';
import type { Replica, ReplicaTelemetry } from './replica.ts';
import { createReplicaSet } from './replica-set.ts';
import type { ReplicaStart } from './replica-set.ts';
import { sumCounters } from './service-counters.ts';
import type { ServiceCounters } from './service-counters.ts';
import { inOrder, startReplicas } from './start-replicas.ts';
import type { Shuffle, Startable } from './start-replicas.ts';

/**
 * Everything one candidate needs, and nobody else touches: a database cloned from the seeded template, a Redis process,
 * and the replicas of the service. In turns, its clock stands still while it waits.
 */
export type World = Startable & {
  readonly label: string;
  readonly database: string;
  readonly redis: RedisServer | null;
  /** Addresses of the replicas, in the order in which requests alternate over them. */
  addresses(): readonly string[];
  replicas(): readonly Replica[];
  /** Counters per replica, in their order; null for one that does not answer. */
  readCounters(): Promise<readonly (ServiceCounters | null)[]>;
  stopClock(): Promise<void>;
  resumeClock(): Promise<void>;
  /** Names of the replicas that died since they were started. */
  lostReplicas(): readonly string[];
  /** CPU time of the replicas that run; null where one of them died, or the platform does not tell. */
  replicaCpuUs(): number | null;
  /** 0 without a Redis; null for one that is not ours, or where the platform does not tell. */
  redisCpuUs(): number | null;
  /** Starts anew what died. */
  replaceLostReplicas(): Promise<void>;
  close(): Promise<void>;
};

export type WorldSettings = {
  readonly label: string;
  /** Name for files, databases and replicas: the id of the run, then lower-case letters, digits and underscores. */
  readonly id: string;
  readonly candidate: Candidate;
  readonly replicas: number;
  readonly template: string;
  readonly mediaFolder: string;
  /** Port of the first replica, the next ones follow; 0: any free ports. */
  readonly port: number;
  readonly telemetry: ReplicaTelemetry;
  /** What the names of replicas begin with, before their number; absent: the id. */
  readonly replicaPrefix?: string;
  /** Planted in its requests, for calibration. */
  readonly slowdown?: string;
};

/** What worlds are made with. */
export type Stack = {
  readonly context: StackContext;
  readonly checkout: string;
  readonly postgres: PostgresServer;
  readonly run: ServerRun;
  readonly clock: Clock;
};

/** One world with its replicas. What was started is stopped again when a later step fails. */
export async function createWorld(stack: Stack, settings: WorldSettings): Promise<World> {
  const [world] = await createWorlds(stack, [settings]);
  return world as World;
}

/**
 * Makes the databases and Redises of all worlds one after another, then starts all replicas at the same time, in the order of
 * `shuffle`. A failure closes what exists.
 */
export async function createWorlds(
  stack: Stack,
  all: readonly WorldSettings[],
  shuffle: Shuffle = inOrder,
): Promise<World[]> {
  const worlds: World[] = [];
  try {
    for (const settings of all) {
      if (stack.context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
      worlds.push(await createStores(stack, settings));
    }
    await startReplicas(worlds, shuffle);
  } catch (error) {
    await closeWorlds(worlds);
    throw error;
  }
  return worlds;
}

/** A world whose replicas are not started yet: the database cloned, its Redis running. */
async function createStores(stack: Stack, settings: WorldSettings): Promise<World> {
  const { context, postgres, run } = stack;
  const database = `darkroom_world_${settings.id}`;
  await postgres.createDatabase(database, run.mark('world'), { template: settings.template });
  try {
    const needs = redisNeedsOf(settings, context);
    const redis = needs === null ? null : await startRedis(context, needs);
    return assembleWorld(stack, settings, { database, redis });
  } catch (error) {
    await postgres.dropDatabase(database).catch(() => {});
    throw error;
  }
}

type Stores = { readonly database: string; readonly redis: RedisServer | null };

function assembleWorld(stack: Stack, settings: WorldSettings, stores: Stores): World {
  const { database, redis } = stores;
  const set = createReplicaSet(stack.clock, startsOf(stack, settings, stores));
  return {
    label: settings.label,
    database,
    redis,
    addresses: () => set.replicas().map((replica) => replica.address),
    replicas: set.replicas,
    readCounters: () =>
      Promise.all(set.replicas().map((replica) => replica.readCounters().catch(() => null))),
    stopClock: set.stopClock,
    resumeClock: set.resumeClock,
    lostReplicas: () => set.lost().map((replica) => replica.name),
    replicaCpuUs: () => cpuOf(set.replicas()),
    redisCpuUs: () => (redis === null ? 0 : redis.cpuUs()),
    replicaStarts: set.starts,
    stopReplicas: set.stop,
    replaceLostReplicas: async () => {
      for (const start of set.starts()) await start(stack.context.signal);
    },
    close: async () => {
      await set.stop();
      await redis?.stop();
      await stack.postgres.dropDatabase(database);
    },
  };
}

function startsOf(stack: Stack, settings: WorldSettings, { database, redis }: Stores): ReplicaStart[] {
  const { context, checkout, postgres } = stack;
  return Array.from({ length: settings.replicas }, (_, index) => (ports, signal) => {
    const either = AbortSignal.any([context.signal, signal]);
    return startReplica({ ...context, signal: either }, checkout, {
      name: `${settings.replicaPrefix ?? `${settings.id}-`}${index + 1}`,
      candidate: formatCandidate(settings.candidate),
      databaseUrl: postgres.urlOf(database),
      redis,
      mediaFolder: settings.mediaFolder,
      telemetry: settings.telemetry,
      port: ports?.http ?? (settings.port === 0 ? 0 : settings.port + index),
      metricsPort: ports?.metrics ?? 0,
      ...(settings.slowdown !== undefined && { slowdown: settings.slowdown }),
    });
  });
}

/** A dead one makes it null: without its share, the sum would have gone down. */
function cpuOf(replicas: readonly Replica[]): number | null {
  return replicas
    .map((replica) => (replica.isAlive() ? readProcessCpuUs(replica.process.pid) : null))
    .reduce((sum, cpuUs) => (sum === null || cpuUs === null ? null : sum + cpuUs), 0);
}

/** The difference of two readings of a world, summed over its replicas; null when a replica could not be read twice. */
export function countersBetween(
  before: readonly (ServiceCounters | null)[],
  after: readonly (ServiceCounters | null)[],
  subtract: (after: ServiceCounters, before: ServiceCounters) => ServiceCounters,
): ServiceCounters | null {
  const differences: ServiceCounters[] = [];
  for (const [index, late] of after.entries()) {
    const early = before[index];
    if (late === null || early === null || early === undefined) return null;
    differences.push(subtract(late, early));
  }
  return sumCounters(differences);
}

/** Closes all, also when one of them fails to. */
export async function closeWorlds(worlds: readonly World[]): Promise<void> {
  await Promise.allSettled(worlds.map((world) => world.close()));
}

/** What a candidate says of the Redis that is started for it. */
const redisAxes = ['redis-memory', 'redis-eviction'];

/** The Redis that a candidate asks for; null: none. Throws a usage error when it asks for settings and the Redis is the user's own. */
function redisNeedsOf({ id, candidate }: WorldSettings, { environment }: StackContext): RedisNeeds | null {
  const uses = allRedisUses(candidate);
  if (uses.length === 0) return null;
  if (environment.redisUrl !== null && namedAxes(candidate).some((name) => redisAxes.includes(name))) {
    const text = formatCandidate(candidate);
    throw new CommandError('usage', `The Redis of REDIS_URL is as its owner has set it: ${text}`, {
      remedy: 'Unset REDIS_URL, or leave redis-memory and redis-eviction out.',
    });
  }
  const { redisMemoryBytes, redisEviction } = candidate.cache;
  return {
    name: `redis-${id}`,
    isDurable: uses.includes('queue'),
    memoryBytes: redisMemoryBytes,
    eviction: redisEviction,
    uses,
  };
}
