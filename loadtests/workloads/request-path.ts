import { pathOf, sentOperations } from '../../app/contract/operations.ts';
import type { PlannedRequest } from './workload.ts';

/** The path that a planned request asks for. */
export function pathOfRequest({ operation, params, digest }: PlannedRequest): string {
  return pathOf(sentOperations[operation].route, digest === undefined ? params : { ...params, digest });
}
