import { needsDurableRedis } from '../../app/cache/candidates/candidate.ts';
import { parseCandidate } from '../../app/cache/candidates/parse-candidate.ts';
import type { Clock } from '../../app/clock.ts';
import { CommandError } from '../errors.ts';
import type { StackContext } from '../stack/stack-context.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import { startRedis } from '../stack/redis-server.ts';
import type { RedisNeeds } from '../stack/redis-server.ts';
import type { RedisServer } from '../stack/redis-server.ts';
import { startReplica } from './replica.ts';
import type { Replica, ReplicaTelemetry } from './replica.ts';
import { sumCounters } from './service-counters.ts';
import type { ServiceCounters } from './service-counters.ts';

/**
 * Everything one candidate needs, and nobody else touches: a database cloned from the seeded template, a Redis process,
 * and the replicas of the service. While it waits for its turn its clock stands still.
 */
export type World = {
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
  /** Starts anew what died. */
  replaceLostReplicas(): Promise<void>;
  close(): Promise<void>;
};

export type WorldSettings = {
  readonly label: string;
  /** Name for files, databases and replicas: lower-case letters, digits and underscores. */
  readonly id: string;
  readonly candidate: string;
  readonly needsRedis: boolean;
  readonly replicas: number;
  readonly template: string;
  readonly mediaFolder: string;
  /** Port of the first replica, the next ones follow; 0: any free ports. */
  readonly port: number;
  readonly telemetry: ReplicaTelemetry;
  /** What the names of replicas begin with, before their number; absent: the id. */
  readonly replicaPrefix?: string;
};

/** What worlds are made with. */
export type WorldMaker = {
  readonly context: StackContext;
  readonly checkout: string;
  readonly postgres: PostgresServer;
  readonly clock: Clock;
};

/** Clones the database, starts Redis and the replicas. What was started is stopped again when a later step fails. */
export async function createWorld(maker: WorldMaker, settings: WorldSettings): Promise<World> {
  const { context, postgres } = maker;
  const database = `darkroom_world_${settings.id}`;
  await postgres.createDatabase(database, { template: settings.template });
  const started: { redis: RedisServer | null; replicas: Replica[] } = { redis: null, replicas: [] };
  const close = async () => {
    await Promise.all(started.replicas.map((replica) => replica.process.stop()));
    await started.redis?.stop();
    await postgres.dropDatabase(database);
  };
  const startOne = (index: number): Promise<Replica> =>
    startReplica(context, maker.checkout, {
      name: `${settings.replicaPrefix ?? `${settings.id}-`}${index + 1}`,
      candidate: settings.candidate,
      databaseUrl: postgres.urlOf(database),
      redis: started.redis,
      mediaFolder: settings.mediaFolder,
      telemetry: settings.telemetry,
      port: settings.port === 0 ? 0 : settings.port + index,
    });
  try {
    if (settings.needsRedis) {
      started.redis = await startRedis(context, redisNeedsOf(settings, context));
    }
    for (let index = 0; index < settings.replicas; index += 1) started.replicas.push(await startOne(index));
  } catch (error) {
    await close();
    throw error;
  }
  return assembleWorld({ settings, database, started, startOne, close, clock: maker.clock });
}

type Parts = {
  readonly settings: WorldSettings;
  readonly database: string;
  readonly started: { readonly redis: RedisServer | null; readonly replicas: Replica[] };
  readonly startOne: (index: number) => Promise<Replica>;
  readonly close: () => Promise<void>;
  readonly clock: Clock;
};

function assembleWorld({ settings, database, started, startOne, close, clock }: Parts): World {
  let behindMs = 0;
  let stoppedAtMs: number | null = null;
  const lost = () => started.replicas.filter((replica) => !replica.isAlive());
  return {
    label: settings.label,
    database,
    redis: started.redis,
    addresses: () => started.replicas.map((replica) => replica.address),
    replicas: () => started.replicas,
    readCounters: () =>
      Promise.all(started.replicas.map((replica) => replica.readCounters().catch(() => null))),
    stopClock: async () => {
      if (stoppedAtMs !== null) return;
      stoppedAtMs = clock.now();
      await Promise.all(
        started.replicas.map((replica) => (replica.isAlive() ? replica.stopClock() : Promise.resolve())),
      );
    },
    resumeClock: async () => {
      if (stoppedAtMs === null) return;
      behindMs += clock.now() - stoppedAtMs;
      stoppedAtMs = null;
      await Promise.all(started.replicas.map((replica) => replica.resumeClock(behindMs)));
    },
    lostReplicas: () => lost().map((replica) => replica.name),
    replaceLostReplicas: async () => {
      for (const [index, replica] of started.replicas.entries()) {
        if (replica.isAlive()) continue;
        const fresh = await startOne(index);
        await fresh.resumeClock(behindMs);
        started.replicas[index] = fresh;
      }
    },
    close,
  };
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

/** Starts the worlds one after another; a failure closes those that exist. */
export async function createWorlds(maker: WorldMaker, all: readonly WorldSettings[]): Promise<World[]> {
  const worlds: World[] = [];
  try {
    for (const settings of all) {
      if (maker.context.signal.aborted) throw new CommandError('interrupted', 'interrupted');
      worlds.push(await createWorld(maker, settings));
    }
  } catch (error) {
    await closeWorlds(worlds);
    throw error;
  }
  return worlds;
}

/** Closes all, also when one of them fails to. */
export async function closeWorlds(worlds: readonly World[]): Promise<void> {
  await Promise.allSettled(worlds.map((world) => world.close()));
}

/** The Redis that a candidate asks for. Throws a usage error when it asks for settings and the Redis is the user's own. */
function redisNeedsOf({ id, candidate: text }: WorldSettings, { environment }: StackContext): RedisNeeds {
  const candidate = parseCandidate(text);
  const { redisMemoryBytes, redisEviction } = candidate;
  if (environment.redisUrl !== null && /redis-(?:memory|eviction)=/.test(text)) {
    throw new CommandError('usage', `The Redis of REDIS_URL is as its owner has set it: ${text}`, {
      remedy: 'Unset REDIS_URL, or leave redis-memory and redis-eviction out.',
    });
  }
  return {
    name: `redis-${id}`,
    isDurable: needsDurableRedis(candidate),
    memoryBytes: redisMemoryBytes,
    eviction: redisEviction,
  };
}
