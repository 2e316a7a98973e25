import { pathOf, sentOperations } from '../../app/contract/operations.ts';
import { countedNamespace } from './counter-requests.ts';
import { metadataKind, pageRecords } from './metadata-requests.ts';
import type { PlannedRequest } from './workload.ts';

/** The path that a planned request asks for. */
export function pathOfRequest({ operation, params, digest }: PlannedRequest): string {
  const { route } = sentOperations[operation];
  const { after } = params;
  const path = pathOf(route, {
    ...params,
    ...(digest !== undefined && { digest }),
    ...(params['counter'] !== undefined && { namespace: countedNamespace }),
    ...(route.startsWith('/metadata/') && { kind: metadataKind }),
  });
  return after === undefined ? path : `${path}?after=${after}&limit=${pageRecords}`;
}
