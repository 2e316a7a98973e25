import type { Clock } from '../../app/clock.ts';
import type { Replica } from './replica.ts';

/** Ports of one replica; absent: none are known yet. */
export type ReplicaPorts = { readonly http: number; readonly metrics: number } | null;

/** Starts one replica, at these ports where they are free. */
export type ReplicaStart = (ports: ReplicaPorts, signal: AbortSignal) => Promise<Replica>;

/** The replicas of one world: each has its place, its ports, and the clock of the world. */
export type ReplicaSet = {
  /** Those that were started, in their order. */
  replicas(): readonly Replica[];
  /** Those that ended since. */
  lost(): readonly Replica[];
  /** One for each place; does nothing where a replica runs. */
  starts(): readonly ((signal: AbortSignal) => Promise<void>)[];
  stop(): Promise<void>;
  stopClock(): Promise<void>;
  resumeClock(): Promise<void>;
};

export function createReplicaSet(clock: Clock, starts: readonly ReplicaStart[]): ReplicaSet {
  const places: (Replica | null)[] = starts.map(() => null);
  const replicas = () => places.filter((replica) => replica !== null);
  let behindMs = 0;
  let stoppedAtMs: number | null = null;

  /** A replica that joins reads what the clock of its world reads. */
  const alignClock = async (replica: Replica): Promise<void> => {
    const standingMs = stoppedAtMs === null ? 0 : clock.now() - stoppedAtMs;
    if (behindMs + standingMs > 0) await replica.resumeClock(behindMs + standingMs);
    if (stoppedAtMs !== null) await replica.stopClock();
  };
  const startAt = async (index: number, start: ReplicaStart, signal: AbortSignal): Promise<void> => {
    const former = places[index] ?? null;
    if (former?.isAlive() === true) return;
    const fresh = await start(portsOf(former), signal);
    places[index] = fresh;
    await alignClock(fresh);
  };
  return {
    replicas,
    lost: () => replicas().filter((replica) => !replica.isAlive()),
    starts: () => starts.map((start, index) => (signal) => startAt(index, start, signal)),
    stop: async () => void (await Promise.all(replicas().map((replica) => replica.process.stop()))),
    stopClock: async () => {
      if (stoppedAtMs !== null) return;
      stoppedAtMs = clock.now();
      const live = replicas().filter((replica) => replica.isAlive());
      await Promise.all(live.map((replica) => replica.stopClock()));
    },
    resumeClock: async () => {
      if (stoppedAtMs === null) return;
      behindMs += clock.now() - stoppedAtMs;
      stoppedAtMs = null;
      await Promise.all(replicas().map((replica) => replica.resumeClock(behindMs)));
    },
  };
}

function portsOf(replica: Replica | null): ReplicaPorts {
  if (replica === null) return null;
  const [http, metrics] = [replica.address, replica.metricsAddress].map((url) => Number(new URL(url).port));
  return { http: http ?? 0, metrics: metrics ?? 0 };
}
