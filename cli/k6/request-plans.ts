import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manners } from '../../loadtests/workloads/operation-mix.ts';
import type { MixName } from '../../loadtests/workloads/operation-mix.ts';
import { requestCount } from '../../loadtests/workloads/run-settings.ts';
import type { RunSettings } from '../../loadtests/workloads/run-settings.ts';
import { rowsOfTables } from '../../loadtests/workloads/request-tables.ts';
import { planRequests } from '../../loadtests/workloads/schedule.ts';
import type { Workload } from '../../loadtests/workloads/workload.ts';
import { CommandError } from '../errors.ts';

/**
 * The most requests whose plan is written down for k6: 300,000 take 40 MB of file and 750 MB of memory in k6.
 */
export const requestsWrittenMax = 300_000;
/**
 * The most photos for which tables are written down: 500,000 take 30 MB of file and 600 MB of memory in k6.
 */
export const photosOfTablesMax = 500_000;

/** Leaves in a folder what k6 needs to know which requests it sends, and says which setting names it. */
export type RequestPlan = (folder: string) => Pick<RunSettings, 'planFile' | 'tablesFile'>;

/**
 * Plans the requests of a run: once for all worlds that are asked the same passes. Of a long run k6 gets the tables instead
 * and draws each request when its time has come, which takes more of the processor and the same memory however long it runs. What is
 * not drawn from tables is always written down: whoever made it has bounded it.
 */
export function createPlanner(
  workload: Workload,
  writtenMax = requestsWrittenMax,
): (settings: Pick<RunSettings, 'passes'>) => RequestPlan {
  let last: { readonly key: string; readonly text: string } | null = null;
  const textOf = (key: string, make: () => unknown): string => {
    if (last?.key !== key) last = { key, text: JSON.stringify(make()) };
    return last.text;
  };
  const write = (folder: string, name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return ({ passes }) =>
    (folder) => {
      const { tables, population } = workload;
      if (tables !== null && requestCount({ passes }) > writtenMax) {
        const text = textOf('tables', () => rowsOfTables(tables, population.size));
        return { tablesFile: write(folder, 'tables.json', text) };
      }
      const text = textOf(JSON.stringify(passes), () => planRequests(workload, passes));
      return { planFile: write(folder, 'requests.json', text) };
    };
}

/**
 * Refuses, before anything starts, a run that is too long for its requests to be written down and too large for its tables, or whose
 * requests cannot be drawn from tables, since each depends on those before it.
 */
export function requirePlannable(requests: number, photos: number, mix: MixName): void {
  if (requests <= requestsWrittenMax) return;
  if (manners[mix].hasBrowsers)
    throw new CommandError(
      'usage',
      `${requests} requests of viewers with browsers cannot be planned in one go.`,
      {
        remedy: `Ask for ${requestsWrittenMax} requests at most, by a lower --rate or a shorter run.`,
      },
    );
  if (photos <= photosOfTablesMax) return;
  throw new CommandError(
    'usage',
    `${requests} requests cannot be planned over ${photos} photos: that would take more memory than k6 should.`,
    {
      remedy: `Take --photos ${photosOfTablesMax} at most, or ask for ${requestsWrittenMax} requests at most, by a lower --rate or a shorter run.`,
    },
  );
}
