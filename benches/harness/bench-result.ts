import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchDescription } from './bench.ts';
import { benchNames } from './bench-names.ts';

/** The machine that measured, as far as it bears on numbers. */
export type MachineDescription = {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  readonly redis: string;
  /** Share of 10 s in which something waited for a CPU, percent, before and after; null where nobody tells. */
  readonly cpuPressurePct: readonly [number | null, number | null];
};

/** One contestant: a number per round for each metric, null where the round failed. */
export type ContestantResult = {
  readonly label: string;
  readonly figures: Readonly<Record<string, readonly (number | null)[]>>;
};

/** A bench as it was run. `docs/benchmarks.md` is made from these alone. */
export type BenchResult = {
  readonly format: 1;
  readonly description: BenchDescription;
  readonly rounds: number;
  readonly seed: number;
  readonly contestants: readonly ContestantResult[];
  /** Who did not take part, or not in every round, and why. */
  readonly missing: readonly { readonly label: string; readonly reason: string }[];
  readonly machine: MachineDescription;
  /** Versions of what was compared. */
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly date: string;
};

const fileOf = (folder: string, name: string): string => join(folder, `${name}.json`);

export function writeResult(folder: string, result: BenchResult): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(folder, result.description.name), `${JSON.stringify(result, null, 1)}\n`);
}

/** The results that there are, in the order of the page. */
export function readResults(folder: string): BenchResult[] {
  return benchNames.flatMap((name) => {
    try {
      const result = JSON.parse(readFileSync(fileOf(folder, name), 'utf8')) as BenchResult;
      return result.format === 1 ? [result] : [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}
