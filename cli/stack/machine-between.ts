import type { MachineReading } from './cpu-accounting.ts';

/** What else went on in a stretch of time; null where the platform does not tell. Shares are of all cores, 0 to 1. */
export type MachineShares = {
  /** Taken by the host for other machines. */
  readonly stealShare: number | null;
  /** Used by processes that are not the experiment's. */
  readonly foreignCpuShare: number | null;
  /** Used by the experiment: service, stores, driver and this command. */
  readonly ownCpuShare: number | null;
  readonly cpuPressurePct: number | null;
  readonly throttledPeriods: number | null;
};

/** Both clocks at one moment. */
export type ClockReading = { readonly atMs: number; readonly wallMs: number };

/** The difference of two readings; null when one of them could not be had. */
export function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

/** Whose the CPU was between two readings of the machine. `own` are the parts of the experiment; null: one is not known. */
export function machineBetween(
  before: MachineReading,
  after: MachineReading,
  own: readonly (number | null)[],
): MachineShares {
  const totalUs = difference(after.totalUs, before.totalUs);
  const idleUs = difference(after.idleUs, before.idleUs);
  const stealUs = difference(after.stealUs, before.stealUs);
  const ownUs = own.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
  const busyUs = totalUs === null || idleUs === null || stealUs === null ? null : totalUs - idleUs - stealUs;
  const share = (part: number | null): number | null =>
    part === null || totalUs === null || totalUs <= 0 ? null : part / totalUs;
  return {
    stealShare: share(stealUs),
    // The kernel counts the machine in ticks of 10 ms and our processes in nanoseconds, so their difference may be a little
    // below 0.
    foreignCpuShare: busyUs === null || ownUs === null ? null : share(Math.max(0, busyUs - ownUs)),
    ownCpuShare: share(ownUs),
    cpuPressurePct: after.cpuPressurePct,
    throttledPeriods: difference(after.throttledPeriods, before.throttledPeriods),
  };
}

/** How far wall clock and monotonic clock moved apart: a machine that slept, or was set. */
export function clockDisagreementMs(before: ClockReading, after: ClockReading): number {
  return Math.abs(after.wallMs - before.wallMs - (after.atMs - before.atMs));
}
