import type { RenditionEdge } from '../../app/contract/renditions.ts';
import type { RequestAt } from './planned-request.ts';
import { renditionBytesOf } from './rendition-bytes.ts';
import type { ScheduledPass } from './run-settings.ts';

/** Requests with the bytes of their answers. */
export type CountedRequests = { readonly requests: number; readonly bytes: number };

/** What viewers ask for in some requests of a pass. */
export type ViewerRequests = {
  /** All that is sent: pages, writes and images. */
  readonly sent: number;
  readonly images: {
    /** What their browsers have: it is not sent. */
    readonly browser: CountedRequests;
    readonly sent: CountedRequests;
  };
};

const add = (sum: CountedRequests, more: CountedRequests): CountedRequests => ({
  requests: sum.requests + more.requests,
  bytes: sum.bytes + more.bytes,
});

const none: CountedRequests = { requests: 0, bytes: 0 };

/** Counts what the requests of a pass ask for, whether it is sent or not. */
export function viewerRequestsOf(
  requestAt: RequestAt,
  { pass, first, requests }: Omit<ScheduledPass, 'pauseRequests'>,
): ViewerRequests {
  let [browser, sent] = [none, none];
  for (let index = first; index < first + requests; index += 1) {
    const { operation, params, browserAnswers } = requestAt(pass, index);
    if (browserAnswers !== undefined) browser = add(browser, browserAnswers);
    if (operation !== 'image') continue;
    const bytes = renditionBytesOf(params['photoId'] ?? 1, params['rendition'] as RenditionEdge);
    sent = add(sent, { requests: 1, bytes });
  }
  return { sent: requests, images: { browser, sent } };
}
