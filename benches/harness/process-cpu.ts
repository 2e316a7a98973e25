import { readFileSync, readdirSync } from 'node:fs';
import { readTreeCpuUs } from '../../cli/stack/cpu-accounting.ts';

/**
 * CPU time of the threads of a process, in nanoseconds of the scheduler: short windows drown in the ticks of 10 ms, which are
 * the fallback. Threads that have ended are missing; Node's live as long as it does.
 */
export function readCpuUs(pid: number): number {
  try {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).reduce(
      (sum, thread) => sum + readThreadUs(`${folder}/${thread}/schedstat`),
      0,
    );
  } catch {
    return readTreeCpuUs(pid) ?? Number.NaN;
  }
}

/** The first number of the file is the time on a CPU. */
function readThreadUs(file: string): number {
  return Number(readFileSync(file, 'utf8').split(' ', 1)[0]) / 1_000;
}
