import { SharedArray } from 'k6/data';
import type { PlannedRequest } from '../workloads/planned-request.ts';
import type { Place } from '../workloads/schedule.ts';

/** What an arrival asks for. */
export type RequestOf = (place: Place) => PlannedRequest | undefined;

/** Reads it from a plan that all virtual users share: `read` is called once. */
export function openPlan(read: () => PlannedRequest[]): RequestOf {
  const planned = new SharedArray<PlannedRequest>('requests', read);
  return ({ planned: number }) => planned[number];
}

export function readPlan(planFile: string): PlannedRequest[] {
  return JSON.parse(open(planFile)) as PlannedRequest[];
}
