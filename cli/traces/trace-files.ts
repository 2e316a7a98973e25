import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackPaths } from '../stack/stack-paths.ts';
import { traceOf } from './span.ts';
import type { KeptSpan, Trace } from './span.ts';

const fileName = 'traces.json';
/** Of each run, the newest first; a run keeps its slowest traces only. */
const runsReadMax = 50;

/** Keeps traces with the results of a run. */
export function writeTraces(runFolder: string, traces: readonly Trace[]): void {
  writeFileSync(join(runFolder, fileName), JSON.stringify(traces.map(({ spans }) => spans)));
}

/** The traces of the runs that are kept, of the latest run first. */
export function readKeptTraces(paths: StackPaths): readonly Trace[] {
  const runs = join(paths.state, 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .toSorted()
    .toReversed()
    .slice(0, runsReadMax)
    .flatMap((run) => readTraces(join(runs, run, fileName)));
}

/** A file that is not there, or not whole, has none. */
function readTraces(file: string): Trace[] {
  try {
    const all = JSON.parse(readFileSync(file, 'utf8')) as KeptSpan[][];
    return all.flatMap((spans) => traceOf(spans) ?? []);
  } catch {
    return [];
  }
}
