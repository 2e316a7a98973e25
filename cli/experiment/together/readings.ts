import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../../app/clock.ts';
import { readMachine } from '../../stack/cpu-accounting.ts';
import type { MachineReading } from '../../stack/cpu-accounting.ts';
import type { RedisServer } from '../../stack/redis-server.ts';
import type { PostgresCpuSampler } from '../../stack/postgres-cpu.ts';
import { splitService } from '../../worlds/cpu-by-kind.ts';
import { answersOf, cacheReadsIn } from '../../worlds/cache-counts.ts';
import type { CpuUsByKind } from '../../worlds/cpu-by-kind.ts';
import type { DatabaseReader, Queried } from '../query-figures.ts';
import type { ServiceCounters } from '../../worlds/service-counters.ts';
import type { World } from '../../worlds/world.ts';

/** CPU time of everything since it started, microseconds; null where the platform does not tell. */
export type CpuReading = {
  readonly atMs: number;
  readonly wallMs: number;
  readonly worlds: readonly {
    readonly service: number | null;
    readonly postgres: number | null;
    readonly redis: number | null;
    /** Of the kinds of process beside the replicas. */
    readonly further: CpuUsByKind;
  }[];
  readonly sharedPostgres: number | null;
  /** Of this command. */
  readonly own: number;
  readonly driver: number | null;
  readonly machine: MachineReading;
};

/** Counters of each scraped process of each world; null for one that does not answer. */
export type CountersReading = readonly (readonly (ServiceCounters | null)[])[];

/** What is read between two rounds, while nothing is sent: reading counters costs CPU, which belongs to no round. */
export type Edge = {
  /** Ends the round before. */
  readonly closing: CpuReading;
  readonly counters: CountersReading;
  /** Begins the round after, whether or not the databases have answered. */
  readonly opening: CpuReading;
  /** What the database of each world said to figures that ask it. */
  readonly queried: readonly Queried[];
  /** What the Redis of each world takes; absent: nobody asks. */
  readonly redisBytes?: readonly (number | null)[];
  /** Whether every request was answered when it was read. */
  readonly isDrained: boolean;
};

/** What readings are made of. */
export type Sources = {
  readonly worlds: readonly World[];
  readonly postgres: PostgresCpuSampler;
  readonly clock: Clock;
  readonly wallClock: () => Date;
  /** Null or absent: no figure asks a database. */
  readonly askDatabase?: DatabaseReader | null;
  /** Absent: nobody asks what a Redis takes. */
  readonly readRedisBytes?: (redis: RedisServer) => Promise<number | null>;
};

export async function readCpu(
  { worlds, postgres, clock, wallClock }: Sources,
  driverCpuUs: number | null,
): Promise<CpuReading> {
  const ofPostgres = await postgres.read();
  const own = process.cpuUsage();
  return {
    atMs: clock.now(),
    wallMs: wallClock().getTime(),
    worlds: worlds.map((world) => ({
      ...splitService(world.cpuUsByKind()),
      postgres: ofPostgres === null ? null : (ofPostgres.byDatabase.get(world.database) ?? 0),
      redis: world.redis === null ? 0 : world.redis.cpuUs(),
    })),
    sharedPostgres: ofPostgres?.sharedUs ?? null,
    own: own.user + own.system,
    driver: driverCpuUs,
    machine: readMachine(),
  };
}

export function readCounters(worlds: readonly World[]): Promise<CountersReading> {
  return Promise.all(worlds.map((world) => world.readCounters()));
}

const readingsMax = 5;
const betweenReadingsMs = 20;

/**
 * Nothing is sent between rounds, but a witness may be asking: a read of a cache that is under way has been counted, and its answer
 * has not. Such a reading is taken anew, a few times.
 */
export function readCountersAtRest(worlds: readonly Pick<World, 'readCounters'>[]): Promise<CountersReading> {
  return Promise.all(
    worlds.map(async (world) => {
      let counters = await world.readCounters();
      for (let more = readingsMax - 1; more > 0 && counters.some(isReading); more -= 1) {
        await wait(betweenReadingsMs);
        counters = await world.readCounters();
      }
      return counters;
    }),
  );
}

/** Whether a process is reading from its caches. */
function isReading(counters: ServiceCounters | null): boolean {
  if (counters === null) return false;
  const reads = cacheReadsIn(counters.counts);
  return reads.reads !== answersOf(reads);
}

/** Null where no figure asks. */
function askDatabases({ worlds, askDatabase = null }: Sources): Promise<readonly Queried[]> | null {
  return askDatabase === null ? null : Promise.all(worlds.map(({ database }) => askDatabase(database)));
}

/** Null where nobody asks. */
async function askRedises({ worlds, readRedisBytes }: Sources): Promise<readonly (number | null)[] | null> {
  if (readRedisBytes === undefined) return null;
  return Promise.all(worlds.map(async ({ redis }) => (redis === null ? null : readRedisBytes(redis))));
}

/**
 * Reads everything between two rounds. What databases are asked costs CPU as well, which belongs to no round as long as they answer
 * within `pause`, while nothing is sent yet; what they do later is CPU of the next round, which it does not shorten.
 */
export async function readEdge(
  sources: Sources,
  driverCpuUs: () => number | null,
  { isDrained, pause }: { readonly isDrained: boolean; readonly pause: () => Promise<void> },
): Promise<Edge> {
  const closing = await readCpu(sources, driverCpuUs());
  const counters = await readCountersAtRest(sources.worlds);
  const redisBytes = await askRedises(sources);
  const asked = askDatabases(sources);
  if (asked !== null) await Promise.race([asked, pause()]);
  const opening = await readCpu(sources, driverCpuUs());
  return {
    closing,
    counters,
    queried: (await asked) ?? [],
    ...(redisBytes !== null && { redisBytes }),
    opening,
    isDrained,
  };
}
