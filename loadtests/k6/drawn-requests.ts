import { SharedArray } from 'k6/data';
import { manners } from '../workloads/operation-mix.ts';
import { rowsOfTables, tablesOfRows } from '../workloads/request-tables.ts';
import type { PersonRow, PhotoRow, TableRows } from '../workloads/request-tables.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import { planRequests } from '../workloads/schedule.ts';
import { createRequests, createWorkload } from '../workloads/workload.ts';
import { openPlan, readPlan } from './planned-requests.ts';
import type { RequestOf } from './planned-requests.ts';

/**
 * What an arrival asks for: read from a plan where there is one, otherwise drawn when its time has come. Plan and tables are
 * shared by all virtual users. Tables that nobody has written down are made here, for which k6 takes seconds; so is the plan of a mix
 * whose requests depend on those before them.
 */
export function openRequests(settings: RunSettings): RequestOf {
  const { planFile, mix, passes } = settings;
  if (planFile !== undefined) return openPlan(() => readPlan(planFile));
  if (manners[mix].hasBrowsers) return openPlan(() => planRequests(createWorkload(settings), passes));
  // Only the first virtual user makes the arrays, and both of them from the same rows.
  let rows: TableRows | null = null;
  const made = (): TableRows => (rows ??= readRows(settings));
  const people = new SharedArray<PersonRow>('people', () => [...made().people]);
  const photos = new SharedArray<PhotoRow>('photos', () => [...made().photos]);
  rows = null;
  const requestAt = createRequests(settings, tablesOfRows({ people, photos }));
  return ({ pass, request }) => requestAt(pass, request);
}

function readRows(settings: RunSettings): TableRows {
  return settings.tablesFile === undefined
    ? rowsOfTables(createWorkload(settings).tables, settings)
    : (JSON.parse(open(settings.tablesFile)) as TableRows);
}
