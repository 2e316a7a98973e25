import { readFileSync, rmSync } from 'node:fs';

/** What test files have taken of the CPU, with all that they have started. Of several: what it took to load them into one process. */
export type CpuUse = { readonly files: readonly string[]; readonly ms: number };
/** What a process tells of the files that share it, and of their loading; or of its only file, which is not named. */
export type ToldCpu = {
  readonly loadingMs: number;
  readonly files: readonly { readonly file: string; readonly ms: number }[];
};

/** Names the file in which a process of test files tells its use. */
export const cpuFileVariable = 'DARKROOM_TEST_CPU_FILE';
/** As many as tell where most of the time goes. */
const shownMax = 12;

/** What a process of these files has told: nothing when it was killed. */
export function takeCpuUses(path: string, group: readonly string[]): CpuUse[] {
  try {
    const { loadingMs, files } = JSON.parse(readFileSync(path, 'utf8')) as ToldCpu;
    return [{ files: group, ms: loadingMs }, ...files.map(({ file, ms }) => ({ files: [file], ms }))];
  } catch {
    return [];
  } finally {
    rmSync(path, { force: true });
  }
}

/** What a process is called by: the files that it runs. */
export const nameOf = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} and ${others.length} more in its process`;

/** A line for each, the dearest first. */
export function listCpu(uses: readonly CpuUse[]): string[] {
  return uses
    .toSorted((a, b) => b.ms - a.ms)
    .map(
      ({ files, ms }) =>
        `${(ms / 1_000).toFixed(1).padStart(7)} ${files.length > 1 ? 'to load ' : ''}${nameOf(files)}`,
    );
}

/** What all of it took, and what took the most; where the platform tells nothing, nothing. */
export function describeCpu(uses: readonly CpuUse[], allMs: number | null): string {
  if (allMs === null) return '';
  const head = `${Math.round(allMs / 1_000)} s of CPU, most of them for`;
  return [head, ...listCpu(uses).slice(0, shownMax)].join('\n');
}
