import { setTimeout as wait } from 'node:timers/promises';
import { killProcess } from '../support/kill-process.ts';
import type { ServiceProcess } from '../support/service-process.ts';

/** What was done to leaders. */
export type Disturbance = { readonly killed: number; readonly stopped: number };

const everyMs = 4_000;
/** Longer than a lease: another one leads when it goes on. */
const stoppedForMs = 2_500;

/**
 * Kills a leader and starts another one in its place, then stops the next one for longer than its lease lasts and lets it go on, and so on, until
 * `signal` says so.
 */
export async function disturbLeaders(
  leaders: readonly ServiceProcess[],
  startAnother: () => ServiceProcess,
  signal: AbortSignal,
): Promise<Disturbance> {
  const living = [...leaders];
  const done = { killed: 0, stopped: 0 };
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal }).catch(() => {});
  for (let turn = 0; !signal.aborted; turn += 1) {
    await pause(everyMs);
    const at = Math.floor(turn / 2) % living.length;
    const leader = living[at];
    if (signal.aborted || leader === undefined) break;
    if (turn % 2 === 0) {
      killProcess(leader.child.pid);
      await leader.exited;
      const another = startAnother();
      living[at] = another;
      await another.listening;
      done.killed += 1;
    } else {
      killProcess(leader.child.pid, 'SIGSTOP');
      await pause(stoppedForMs);
      killProcess(leader.child.pid, 'SIGCONT');
      done.stopped += 1;
    }
  }
  return done;
}
