import { pathOf, sentOperations } from '../../app/contract/operations.ts';
import { countedNamespace } from './counter-requests.ts';
import type { PlannedRequest } from './workload.ts';

/** The path that a planned request asks for. */
export function pathOfRequest({ operation, params, digest }: PlannedRequest): string {
  return pathOf(sentOperations[operation].route, {
    ...params,
    ...(digest === undefined ? {} : { digest }),
    ...(params['counter'] === undefined ? {} : { namespace: countedNamespace }),
  });
}
