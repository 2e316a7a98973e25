import type { Candidate } from '../../app/candidates/candidate.ts';
import { formatCandidate, namedAxes } from '../../app/candidates/format-candidate.ts';
import { allRedisUses } from '../../app/candidates/system-values.ts';
import type { Clock } from '../../app/clock.ts';
import { entityNames } from '../../app/contract/entities.ts';
import { serviceKindName } from '../../app/contract/process-kind.ts';
import type { ProcessKind } from '../../app/contract/process-kind.ts';
import type { ParentMessage } from '../../app/contract/process-messages.ts';
import { CommandError } from '../errors.ts';
import type { StackContext } from '../stack/stack-context.ts';
import type { PostgresServer } from '../stack/postgres-server.ts';
import { startRedis } from '../stack/redis-server.ts';
import type { RedisNeeds, RedisServer } from '../stack/redis-server.ts';
import type { ServerRun } from '../stack/server-run.ts';
import { provideVarnish } from '../stack/varnish-binary.ts';
import type { VarnishBinary } from '../stack/varnish-binary.ts';
import { awaitReady } from './await-ready.ts';
import { readCpuUsByKind } from './cpu-by-kind.ts';
import type { CpuUsByKind } from './cpu-by-kind.ts';
import { kindsOfWorld } from './kinds-of-world.ts';
import { createProcessSet } from './process-set.ts';
import type { ProcessStart } from './process-set.ts';
import { sumCounters } from './service-counters.ts';
import type { ServiceCounters } from './service-counters.ts';
import { inOrder, startProcesses } from './start-processes.ts';
import type { Shuffle, Startable } from './start-processes.ts';
import { startWorldProcess } from './start-world-process.ts';
import type { ProcessRecording, ProcessTelemetry } from './start-world-process.ts';
import { isReplica } from './world-process.ts';
import type { ProcessName, Replica, WorldProcess } from './world-process.ts';

/**
 * Everything one candidate needs, and nobody else touches: a database cloned from the seeded template, a Redis process,
 * the replicas of the service, and what further processes its systems ask for. In turns, its clock stands still while it waits.
 */
export type World = Startable & {
  readonly label: string;
  readonly database: string;
  readonly redis: RedisServer | null;
  /** Addresses of the processes that take load, in the order in which requests alternate over them. */
  addresses(): readonly string[];
  /**
   * Addresses of its replicas, where an edge takes their load, for requests past the edge. Empty without an
   * edge.
   */
  addressesPastEdge(): readonly string[];
  /** All of them, the replicas first. */
  processes(): readonly WorldProcess[];
  replicas(): readonly Replica[];
  /**
   * Counters per scraped process, in their order; null for one that does not answer. CPU is counted for the
   * replicas only.
   */
  readCounters(): Promise<readonly (ServiceCounters | null)[]>;
  stopClock(): Promise<void>;
  resumeClock(): Promise<void>;
  /** Drops what its caches hold, in Redis and in its processes. While nothing is asked of it, that is all of it. */
  emptyCaches(): Promise<void>;
  /** Lets its replicas know the sessions of these tokens, a thousand at most. */
  rememberSessions(tokens: readonly string[]): Promise<void>;
  /** The processes that died since they were started. */
  lostProcesses(): readonly ProcessName[];
  cpuUsByKind(): CpuUsByKind;
  /** 0 without a Redis; null for one that is not ours, or where the platform does not tell. */
  redisCpuUs(): number | null;
  /** Starts anew what died. */
  replaceLostProcesses(): Promise<void>;
  close(): Promise<void>;
};

export type WorldSettings = {
  readonly label: string;
  /** Name for files, databases and replicas: the id of the run, then lower-case letters, digits and underscores. */
  readonly id: string;
  readonly candidate: Candidate;
  readonly replicas: number;
  /** What runs beside the replicas. */
  readonly furtherKinds: readonly ProcessKind[];
  readonly template: string;
  readonly mediaFolder: string;
  /** Port of the first replica, the next ones follow; 0: any free ports. */
  readonly port: number;
  readonly telemetry: ProcessTelemetry;
  /** What a process of a kind is called, counted from 1; absent: by the id. */
  readonly nameOf?: (kindName: string, number: number) => string;
  /** Planted in its requests, for calibration. */
  readonly slowdown?: string;
  /** Absent: what is asked of its replicas is not written down. */
  readonly recording?: ProcessRecording;
};

/** What worlds are made with. */
export type Stack = {
  readonly context: StackContext;
  readonly checkout: string;
  readonly postgres: PostgresServer;
  readonly run: ServerRun;
  readonly clock: Clock;
};

/** One world with its processes. What was started is stopped again when a later step fails. */
export async function createWorld(stack: Stack, settings: WorldSettings): Promise<World> {
  const [world] = await createWorlds(stack, [settings]);
  return world as World;
}

/**
 * Makes the databases and Redises of all worlds one after another, then starts all processes at the same time, in the order of
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
    await startProcesses(worlds, shuffle);
  } catch (error) {
    await closeWorlds(worlds);
    throw error;
  }
  return worlds;
}

/** A world whose processes are not started yet: the database cloned, its Redis running. */
async function createStores(stack: Stack, settings: WorldSettings): Promise<World> {
  const { context, postgres, run } = stack;
  const database = `darkroom_world_${settings.id}`;
  await postgres.createDatabase(database, run.mark('world'), { template: settings.template });
  try {
    const needs = redisNeedsOf(settings, context);
    const redis = needs === null ? null : await startRedis(context, needs);
    const runsVarnish = settings.furtherKinds.some(({ runs }) => runs === 'varnish');
    const varnish = runsVarnish ? await provideVarnish(context) : null;
    return assembleWorld(stack, settings, { database, redis, varnish });
  } catch (error) {
    await postgres.dropDatabase(database).catch(() => {});
    throw error;
  }
}

type Stores = {
  readonly database: string;
  readonly redis: RedisServer | null;
  /** Null: no process of the world runs one. */
  readonly varnish: VarnishBinary | null;
};

function assembleWorld(stack: Stack, settings: WorldSettings, stores: Stores): World {
  const { database, redis } = stores;
  const { report, signal } = stack.context;
  const set = createProcessSet(
    stack.clock,
    startsOf(stack, settings, stores),
    ({ kindName, name, process }) =>
      report(`The ${kindName} ${name} did not finish what was under way. More in ${process.logFile}`),
  );
  const replicas = () => set.processes().filter(isReplica);
  const introduceProcesses = async (): Promise<void> => {
    const service = replicas().map(({ address }) => address);
    const front = set
      .processes()
      .flatMap(({ kind, address }) =>
        kind.takesLoad && kind.name !== serviceKindName ? (address ?? []) : [],
      );
    const message: ParentMessage = { type: 'neighbours', service, ...(front.length > 0 && { front }) };
    for (const process of set.processes()) if (!isReplica(process)) process.process.tell(message);
    await Promise.all(set.processes().map((process) => awaitReady(process, signal)));
  };
  return {
    label: settings.label,
    database,
    redis,
    addresses: () =>
      set.processes().flatMap(({ kind, address }) => (kind.takesLoad && address !== null ? [address] : [])),
    addressesPastEdge: () =>
      set.processes().some(({ kind }) => kind.takesLoad && kind.runs === 'varnish')
        ? replicas().map(({ address }) => address)
        : [],
    processes: set.processes,
    replicas,
    readCounters: () => {
      const scraped = set.processes().filter(({ kind }) => kind.isScraped);
      return Promise.all(scraped.map((process) => readCountersOf(process).catch(() => null)));
    },
    stopClock: set.stopClock,
    resumeClock: set.resumeClock,
    emptyCaches: async () => {
      // From the innermost cache outwards, so that none fills itself again from one that still has entries.
      await redis?.removeKeys(Object.values(entityNames).map((name) => `${name}:`));
      await Promise.all(replicas().map((process) => process.emptyCaches()));
      const others = set.processes().filter((process) => !isReplica(process));
      await Promise.all(others.map((process) => process.emptyCaches()));
    },
    rememberSessions: async (tokens) => {
      await Promise.all(replicas().map((replica) => replica.rememberSessions(tokens)));
    },
    lostProcesses: set.lost,
    cpuUsByKind: () => readCpuUsByKind(set.processes()),
    redisCpuUs: () => (redis === null ? 0 : redis.cpuUs()),
    processStarts: set.starts,
    stopProcesses: set.stop,
    replaceLostProcesses: async () => {
      for (const start of set.starts()) await start(signal);
      await introduceProcesses();
    },
    introduceProcesses,
    close: async () => {
      await set.stop();
      await redis?.stop();
      await stack.postgres.dropDatabase(database);
    },
  };
}

/**
 * Counters of a process, with CPU for replicas only: counters are summed over a world, and the CPU of other
 * kinds is told by kind.
 */
async function readCountersOf(process: WorldProcess): Promise<ServiceCounters | null> {
  const counters = await process.readCounters();
  return counters === null || isReplica(process) ? counters : { ...counters, cpuUs: 0 };
}

/** All processes of a world, kind by kind. */
function startsOf(stack: Stack, settings: WorldSettings, stores: Stores): ProcessStart[] {
  return kindsOfWorld(settings.replicas, settings.furtherKinds).flatMap((kind) =>
    Array.from({ length: kind.count }, (_, index) => startOf(stack, settings, stores, { kind, index })),
  );
}

function startOf(
  { context, checkout, postgres }: Stack,
  settings: WorldSettings,
  { database, redis, varnish }: Stores,
  { kind, index }: { readonly kind: ProcessKind; readonly index: number },
): ProcessStart {
  const isService = kind.name === serviceKindName;
  const nameOf = settings.nameOf ?? ((kindName, number) => nameById(settings.id, kindName, number));
  return (ports, signal) => {
    const either = AbortSignal.any([context.signal, signal]);
    return startWorldProcess({ ...context, signal: either }, checkout, {
      kind,
      name: nameOf(kind.name, index + 1),
      candidate: formatCandidate(settings.candidate),
      databaseUrl: postgres.urlOf(database),
      redis,
      mediaFolder: settings.mediaFolder,
      telemetry: settings.telemetry,
      port: ports?.http ?? (isService && settings.port > 0 ? settings.port + index : 0),
      metricsPort: ports?.metrics ?? 0,
      ...(kind.runs === 'varnish' && varnish !== null && { varnishFolder: varnish.folder }),
      ...(isService && settings.slowdown !== undefined && { slowdown: settings.slowdown }),
      ...(isService && settings.recording !== undefined && { recording: settings.recording }),
    });
  };
}

function nameById(id: string, kindName: string, number: number): string {
  return kindName === serviceKindName ? `${id}-${number}` : `${id}-${kindName}-${number}`;
}

/**
 * The difference of two readings of a world, summed over its scraped processes; null when one could not be read twice. Of what
 * is counted, one kind of process has to count it: a kind in front of the replicas that counts requests or reads as they do would
 * double them.
 */
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
