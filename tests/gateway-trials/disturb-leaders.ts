import { setTimeout as wait } from 'node:timers/promises';
import { DarkroomError } from '../../app/errors.ts';
import type { Leadership } from '../../app/gateway/lease-store.ts';
import { killProcess } from '../support/kill-process.ts';
import type { ServiceProcess } from '../support/service-process.ts';

/** What was done to leaders. Each of them led when it was done, and another one, or itself anew, has led since. */
export type Disturbance = { readonly killed: number; readonly stopped: number };

export type Leaders = {
  /** All that run at first. */
  readonly atFirst: readonly ServiceProcess[];
  readonly startAnother: () => ServiceProcess;
  /** Who leads by the row of the lease. */
  readonly find: () => Promise<Leadership | null>;
};

const everyMs = 1_500;
const lookEveryMs = 100;
/** Longer than a lease: another one leads when it goes on. */
const stoppedForMs = 2_500;

/**
 * Kills the leader and starts another process in its place, then stops the next leader for longer than its lease lasts and lets it go on, and so
 * on, until `signal` says so.
 */
export async function disturbLeaders(
  { atFirst, startAnother, find }: Leaders,
  signal: AbortSignal,
): Promise<Disturbance> {
  const living = [...atFirst];
  const done = { killed: 0, stopped: 0 };
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal }).catch(() => {});
  const kill = async (leader: ServiceProcess): Promise<void> => {
    killProcess(leader.child.pid);
    await leader.exited;
    const another = startAnother();
    living[living.indexOf(leader)] = another;
    await another.listening;
  };
  const hasSuccessor = async (epoch: number): Promise<boolean> => {
    while (((await look(find))?.epoch ?? 0) <= epoch) {
      if (signal.aborted) return false;
      await pause(lookEveryMs);
    }
    return true;
  };
  for (;;) {
    await pause(everyMs);
    if (signal.aborted) return done;
    const leadership = await look(find);
    const leader = leadership === null ? undefined : await processAt(living, leadership.address);
    // Between two leaders the row names one that is gone.
    if (leadership === null || leader === undefined) continue;
    const way = done.killed > done.stopped ? 'stopped' : 'killed';
    if (way === 'killed') await kill(leader);
    else await stopFor(leader, pause);
    if (await hasSuccessor(leadership.epoch)) done[way] += 1;
  }
}

/** Who leads; null also where storage has no time to say so, as on a busy machine. */
async function look(find: Leaders['find']): Promise<Leadership | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof DarkroomError && error.code === 'STORAGE_UNAVAILABLE') return null;
    throw error;
  }
}

async function stopFor({ child }: ServiceProcess, pause: (ms: number) => Promise<void>): Promise<void> {
  killProcess(child.pid, 'SIGSTOP');
  await pause(stoppedForMs);
  killProcess(child.pid, 'SIGCONT');
}

async function processAt(
  living: readonly ServiceProcess[],
  address: string,
): Promise<ServiceProcess | undefined> {
  for (const one of living) if (new URL(address).port === String((await one.listening).http)) return one;
  return undefined;
}
