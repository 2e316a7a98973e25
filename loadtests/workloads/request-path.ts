import { pathOf, sentOperations } from '../../app/contract/operations.ts';
import type { PlannedRequest } from './planned-request.ts';

/** The namespace that loads count in; it is there in lab mode, and follows the mode of the candidate. */
export const countedNamespace = 'lab';
/** The kind of metadata that is asked for: posts, whose records are large. */
const metadataKind = 'posts';
/** Records on one page. That of a post has about 2.6 KB. */
export const pageRecords = 100;

/**
 * The path that a planned request asks for. The path of an image may name its photo as well, which the
 * service ignores: seeded photos share a few pictures, and so a cache that keeps answers by their addresses
 * sees as many pictures as photos.
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
