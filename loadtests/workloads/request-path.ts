import { pathOf, sentOperations } from '../../app/contract/operations.ts';
import type { PlannedRequest } from './planned-request.ts';

/** The namespace that loads count in; it is there in lab mode, and follows the mode of the candidate. */
export const countedNamespace = 'lab';
/** What is asked of metadata: of posts, whose records are large. */
const metadataKind = 'posts';
/** Of one page. A post has about 2.6 KB. */
export const pageRecords = 100;

/**
 * The path that a planned request asks for. The seed has few pictures, so that an image may name its photo besides: the service does not
 * look at that, and whoever keeps answers by their addresses has as many pictures as there are photos.
 */
export function pathOfRequest({ operation, params, digest }: PlannedRequest): string {
  const { route } = sentOperations[operation];
  const { after, photoId } = params;
  const path = pathOf(route, {
    ...params,
    ...(digest !== undefined && { digest }),
    ...(params['counter'] !== undefined && { namespace: countedNamespace }),
    ...(route.startsWith('/metadata/') && { kind: metadataKind }),
  });
  if (operation === 'image' && photoId !== undefined) return `${path}?photo=${photoId}`;
  return after === undefined ? path : `${path}?after=${after}&limit=${pageRecords}`;
}
