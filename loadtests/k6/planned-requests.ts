import { SharedArray } from 'k6/data';
import { rowsOfTables, tablesOfRows } from '../workloads/request-tables.ts';
import type { PersonRow, PhotoRow, TableRows } from '../workloads/request-tables.ts';
import type { RunSettings } from '../workloads/run-settings.ts';
import type { Place } from '../workloads/schedule.ts';
import { createRequests, createWorkload } from '../workloads/workload.ts';
import type { PlannedRequest } from '../workloads/workload.ts';

export type RequestOf = (place: Place) => PlannedRequest | undefined;

/**
 * What an arrival asks for: read from a plan where there is one, otherwise drawn when its time has come. Plan and tables are
 * shared by all virtual users. Tables that nobody has written down are made here, for which k6 takes seconds.
 */
export function openRequests(settings: RunSettings): RequestOf {
  const { planFile } = settings;
  if (planFile !== undefined) {
    const planned = new SharedArray<PlannedRequest>(
      'requests',
      () => JSON.parse(open(planFile)) as PlannedRequest[],
    );
    return ({ planned: number }) => planned[number];
  }
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
