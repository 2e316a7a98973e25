import { writeFileSync } from 'node:fs';
import { readTreeCpuUs, readProcessCpuUs } from '../../cli/stack/cpu-accounting.ts';
import { cpuFileVariable } from './cpu-use.ts';
import type { ToldCpu } from './cpu-use.ts';

/** Loaded into the process of each test file: when it ends, it tells what it and all that it has started have taken of the CPU. */
const cpuFile = process.env[cpuFileVariable];
// Processes that the tests start are counted with them, and must not write the file themselves.
delete process.env[cpuFileVariable];

/** The files that share the process, as they begin, and what had been taken until then. */
const begun: { readonly file: string; readonly atMs: number }[] = [];

/** Called when the tests of one of several files begin: what comes is of this file. */
export function beginFile(file: string): void {
  begun.push({ file, atMs: takenMs() });
}

function takenMs(): number {
  const { user, system } = process.cpuUsage();
  // Threads that have ended are in the first figure only, and children in the others.
  const ofChildrenUs = (readTreeCpuUs(process.pid) ?? 0) - (readProcessCpuUs(process.pid) ?? 0);
  return Math.round((user + system + ofChildrenUs) / 1_000);
}

process.once('exit', () => {
  if (cpuFile === undefined) return;
  const endMs = takenMs();
  const files = begun.map(({ file, atMs }, index) => ({
    file,
    ms: (begun[index + 1]?.atMs ?? endMs) - atMs,
  }));
  const told: ToldCpu = { loadingMs: begun[0]?.atMs ?? endMs, files };
  writeFileSync(cpuFile, JSON.stringify(told));
});
