import type { Clock } from '../../app/clock.ts';
import type { WorldProcess } from './world-process.ts';

/** Ports that a process had before it was started anew; null: none are known yet. 0: any. */
export type FormerPorts = { readonly http: number; readonly metrics: number } | null;

/** Starts one process, at these ports where they are free. */
export type ProcessStart = (ports: FormerPorts, signal: AbortSignal) => Promise<WorldProcess>;

/** The processes of one world: each has its place, its ports, and the clock of the world. */
export type ProcessSet = {
  /** Those that were started, in their order. */
  processes(): readonly WorldProcess[];
  /** Those that ended since. */
  lost(): readonly WorldProcess[];
  /** One for each place; does nothing where a process runs. */
  starts(): readonly ((signal: AbortSignal) => Promise<void>)[];
  stop(): Promise<void>;
  stopClock(): Promise<void>;
  resumeClock(): Promise<void>;
};

/** `onCut` is told of a process that was stopped and did not finish what was under way. */
export function createProcessSet(
  clock: Clock,
  starts: readonly ProcessStart[],
  onCut: (process: WorldProcess) => void,
): ProcessSet {
  const places: (WorldProcess | null)[] = starts.map(() => null);
  const processes = () => places.filter((process) => process !== null);
  const live = () => processes().filter((process) => process.isAlive());
  let behindMs = 0;
  let stoppedAtMs: number | null = null;

  /** Sets the clock of a process that joins to what the clock of its world reads. */
  const alignClock = async (process: WorldProcess): Promise<void> => {
    const standingMs = stoppedAtMs === null ? 0 : clock.now() - stoppedAtMs;
    if (behindMs + standingMs > 0) await process.resumeClock(behindMs + standingMs);
    if (stoppedAtMs !== null) await process.stopClock();
  };
  const startAt = async (index: number, start: ProcessStart, signal: AbortSignal): Promise<void> => {
    const former = places[index] ?? null;
    if (former?.isAlive() === true) return;
    const fresh = await start(portsOf(former), signal);
    places[index] = fresh;
    await alignClock(fresh);
  };
  const stop = async (process: WorldProcess): Promise<void> => {
    await process.process.stop();
    await process.process.heardOut;
    if (!process.hasDrained()) onCut(process);
  };
  return {
    processes,
    lost: () => processes().filter((process) => !process.isAlive()),
    starts: () => starts.map((start, index) => (signal) => startAt(index, start, signal)),
    stop: async () => void (await Promise.all(live().map(stop))),
    stopClock: async () => {
      if (stoppedAtMs !== null) return;
      stoppedAtMs = clock.now();
      await Promise.all(live().map((process) => process.stopClock()));
    },
    resumeClock: async () => {
      if (stoppedAtMs === null) return;
      behindMs += clock.now() - stoppedAtMs;
      stoppedAtMs = null;
      await Promise.all(live().map((process) => process.resumeClock(behindMs)));
    },
  };
}

function portsOf(process: WorldProcess | null): FormerPorts {
  if (process === null) return null;
  const portOf = (url: string | null): number => (url === null ? 0 : Number(new URL(url).port));
  return { http: portOf(process.address), metrics: portOf(process.metricsAddress) };
}
