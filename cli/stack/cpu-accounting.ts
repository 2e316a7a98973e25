import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** Linux counts CPU time in ticks of 10 ms towards user space, whatever the kernel's own rate. */
const tickUs = 10_000;

/** Totals of the whole machine since it started; null where the platform does not tell. */
export type MachineReading = {
  readonly cores: number;
  readonly totalUs: number | null;
  readonly idleUs: number | null;
  /** Taken by the host for other machines. */
  readonly stealUs: number | null;
  /** Share of the last 10 s in which something waited for a CPU, percent. */
  readonly cpuPressurePct: number | null;
  readonly throttledPeriods: number | null;
};

function tryRead(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function numberAfter(text: string | null, pattern: RegExp): number | null {
  const match = text === null ? null : pattern.exec(text);
  return match === null ? null : Number(match[1]);
}

export function readMachine(): MachineReading {
  const pressure = tryRead('/proc/pressure/cpu');
  const quota = tryRead('/sys/fs/cgroup/cpu.stat') ?? tryRead('/sys/fs/cgroup/cpu/cpu.stat');
  const shared = {
    cores: availableParallelism(),
    cpuPressurePct: numberAfter(pressure, /^some avg10=([\d.]+)/),
    throttledPeriods: numberAfter(quota, /^nr_throttled (\d+)/m),
  };
  const line = tryRead('/proc/stat')?.split('\n', 1)[0];
  if (line === undefined) return { ...shared, ...portableTotals(), stealUs: null };
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const total = user + nice + system + idle + wait + irq + soft + steal;
  return { ...shared, totalUs: total * tickUs, idleUs: (idle + wait) * tickUs, stealUs: steal * tickUs };
}

function portableTotals(): { totalUs: number; idleUs: number } {
  const times = cpus().map((core) => core.times);
  const idle = times.reduce((sum, time) => sum + time.idle, 0);
  const busy = times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.irq, 0);
  return { totalUs: (idle + busy) * 1000, idleUs: idle * 1000 };
}

type ProcessTimes = { readonly parent: number; readonly ownUs: number; readonly reapedUs: number };

function readTimes(pid: number): ProcessTimes | null {
  const stat = tryRead(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [own, ownSystem, reaped, reapedSystem] = fields.slice(11, 15) as [number, number, number, number];
  return { parent, ownUs: (own + ownSystem) * tickUs, reapedUs: (reaped + reapedSystem) * tickUs };
}

/** CPU time of a process, of the children it has, and of those it had; null off Linux or when it is gone. */
export function readTreeCpuUs(pid: number): number | null {
  const root = readTimes(pid);
  if (root === null) return null;
  let total = root.ownUs + root.reapedUs;
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? readTimes(Number(name)) : null;
    if (times?.parent === pid) total += times.ownUs + times.reapedUs;
  }
  return total;
}
