import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from '../stack/json-file.ts';
import type { StackPaths } from '../stack/stack-paths.ts';
import { TraceFileForm } from './kept-forms.ts';
import { traceOf } from './span.ts';
import type { Trace } from './span.ts';
import { renderTracesPage } from './waterfall-page.ts';
import type { HeadedTrace } from './waterfall-page.ts';

const fileName = 'traces.json';
const pageName = 'traces.html';
/** How many runs are read, the newest first; each keeps its slowest traces only. */
const runsReadMax = 50;

/** Keeps traces with the results of a run: as data for `darkroom trace`, and as a page. Returns where that is; null for none. */
export function keepTraces(runFolder: string, traces: readonly HeadedTrace[]): string | null {
  if (traces.length === 0) return null;
  writeFileSync(join(runFolder, fileName), JSON.stringify(traces.map(({ trace }) => trace.spans)));
  const page = join(runFolder, pageName);
  writeFileSync(page, renderTracesPage('The slowest traced requests', traces));
  return page;
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

/** A file that is not there, not whole or of another form has none. */
function readTraces(file: string): Trace[] {
  return (readJsonFile(file, TraceFileForm) ?? []).flatMap((spans) => traceOf(spans) ?? []);
}
