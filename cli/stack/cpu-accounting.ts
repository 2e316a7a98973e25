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

/** CPU time of one process, and of the children that it had and has waited for. */
export type ProcessTimes = { readonly parent: number; readonly ownUs: number; readonly reapedUs: number };

type Stat = { readonly parent: number; readonly ownTicksUs: number; readonly reapedUs: number };

function readStat(pid: number): Stat | null {
  const stat = tryRead(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [own, ownSystem, reaped, reapedSystem] = fields.slice(11, 15) as [number, number, number, number];
  return { parent, ownTicksUs: (own + ownSystem) * tickUs, reapedUs: (reaped + reapedSystem) * tickUs };
}

/**
 * What the scheduler counted for the live threads of a process, in its nanoseconds; 0 where the kernel does not tell. The file of
 * every user's process may be read.
 */
function readThreadsUs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  try {
    const ns = readdirSync(folder)
      .map((thread) => tryRead(`${folder}/${thread}/schedstat`)?.split(' ', 1)[0])
      .reduce((sum, text) => sum + Number(text ?? 0), 0);
    return Math.round(ns / 1_000);
  } catch {
    return 0;
  }
}

/**
 * The scheduler's count, or the one in ticks where the kernel has no other. The scheduler's lacks threads that have ended, the one in
 * ticks holds them: they are never mixed, since what a process lost while it started (some 10 ms in Node) would come and go with
 * the ticks. From then on, threads of Node, Redis and k6 live as long as the process, and a backend of PostgreSQL has but one.
 */
function ownUsOf(pid: number, { ownTicksUs }: Stat): number {
  return readThreadsUs(pid) || ownTicksUs;
}

/** Null off Linux, or when the process is gone. */
export function readProcessTimes(pid: number): ProcessTimes | null {
  const stat = readStat(pid);
  return stat === null ? null : { parent: stat.parent, ownUs: ownUsOf(pid, stat), reapedUs: stat.reapedUs };
}

/** CPU time of one process, all its threads; null off Linux or when it is gone. */
export function readProcessCpuUs(pid: number): number | null {
  return readProcessTimes(pid)?.ownUs ?? null;
}

/** Readings of one moment share one look at who is whose child, for which all processes of the machine are read. */
const sharedForMs = 20;
let looked: { readonly atMs: number; readonly children: ReadonlyMap<number, readonly number[]> } | null =
  null;

function childrenByParent(ageMaxMs: number): ReadonlyMap<number, readonly number[]> {
  const nowMs = performance.now();
  if (looked !== null && nowMs - looked.atMs <= ageMaxMs) return looked.children;
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? readStat(Number(name))?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  looked = { atMs: nowMs, children };
  return children;
}

/** Processes that a process has started and has not waited for yet; none off Linux. One that was started within `ageMaxMs` may be missing. */
export function childrenOf(pid: number, ageMaxMs = 0): readonly number[] {
  if (readStat(pid) === null) return [];
  const children = childrenByParent(ageMaxMs).get(pid) ?? [];
  // Meanwhile, the number of one may have been given to somebody else.
  return children.filter((child) => readStat(child)?.parent === pid);
}

/**
 * CPU time of a process, of the children it has, and of those it had; null off Linux or when it is gone.
 * `ageMaxMs`: for callers that ask often; a child that was started within that time may not be counted yet.
 */
export function readTreeCpuUs(pid: number, ageMaxMs = sharedForMs): number | null {
  const root = readProcessTimes(pid);
  if (root === null) return null;
  const times = [root, ...childrenOf(pid, ageMaxMs).map(readProcessTimes)];
  return times.reduce((sum, one) => sum + (one === null ? 0 : one.ownUs + one.reapedUs), 0);
}

/**
 * CPU time of a process and of all that live below it; null off Linux or when it is gone. Those that have ended are not in it: they
 * started something, or looked at it.
 */
export function readFamilyCpuUs(pid: number): number | null {
  const root = readProcessTimes(pid);
  if (root === null) return null;
  return childrenOf(pid, sharedForMs).reduce((sum, child) => sum + (readFamilyCpuUs(child) ?? 0), root.ownUs);
}

/** What calibrations are known by. */
export function readMachineKind(): { readonly cpu: string; readonly cores: number } {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: readMachine().cores };
}
