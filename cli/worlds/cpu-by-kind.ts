import { serviceKindName } from '../../app/contract/process-kind.ts';
import { readFamilyCpuUs, readProcessCpuUs } from '../stack/cpu-accounting.ts';
import { difference } from '../stack/machine-between.ts';
import type { WorldProcess } from './world-process.ts';

/**
 * CPU time by kind of process, microseconds; null where one of the kind died or the platform does not tell. A kind that the world
 * does not run is absent.
 */
export type CpuUsByKind = Readonly<Record<string, number | null>>;

/**
 * CPU time by kind. A dead process makes that of its kind null, since without its share the sum would go
 * down.
 */
export function readCpuUsByKind(
  processes: readonly Pick<WorldProcess, 'kindName' | 'kind' | 'isAlive' | 'process'>[],
): CpuUsByKind {
  const sums: Record<string, number | null> = {};
  for (const { kindName, kind, isAlive, process } of processes) {
    const read = kind.runs === undefined ? readProcessCpuUs : readFamilyCpuUs;
    const cpuUs = isAlive() ? read(process.pid) : null;
    const sum = sums[kindName];
    sums[kindName] = sum === null || cpuUs === null ? null : (sum ?? 0) + cpuUs;
  }
  return sums;
}

/** That of the replicas, and that of the kinds beside them. */
export function splitService(byKind: CpuUsByKind): {
  readonly service: number | null;
  readonly further: CpuUsByKind;
} {
  const { [serviceKindName]: service = null, ...further } = byKind;
  return { service, further };
}

/** What was used between two readings. */
export function cpuUsByKindBetween(after: CpuUsByKind, before: CpuUsByKind): CpuUsByKind {
  return mapKinds(after, (cpuUs, kindName) => difference(cpuUs, before[kindName] ?? null));
}

export function mapKinds(
  byKind: CpuUsByKind,
  change: (cpuUs: number | null, kindName: string) => number | null,
): CpuUsByKind {
  return Object.fromEntries(
    Object.entries(byKind).map(([kindName, cpuUs]) => [kindName, change(cpuUs, kindName)]),
  );
}
