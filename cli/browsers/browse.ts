import { hash } from 'node:crypto';
import { requireLoopback } from '../../loadtests/workloads/run-settings.ts';
import { pathOfRequest } from '../../loadtests/workloads/request-path.ts';
import { secretOfRequest } from '../../loadtests/workloads/request-session.ts';
import { browserBytesMax, imageRequest } from '../../loadtests/workloads/viewing-plan.ts';
import type { PhotoView, PhotoViews } from '../../loadtests/workloads/photo-views.ts';
import type { PlannedRequest } from '../../loadtests/workloads/workload.ts';
import { createBrowserCache } from './browser-cache.ts';
import type { AnsweredBy, BrowserCache, BrowserResponse, Headers } from './browser-cache.ts';

/** Who answered, of pages and of images. */
export type BrowsedCounts = {
  readonly pages: Readonly<Record<AnsweredBy, number>>;
  readonly images: Readonly<Record<AnsweredBy, number>>;
  /** Bodies that went over the wire, and all that viewers saw. */
  readonly imageBytes: { readonly sent: number; readonly seen: number };
  readonly errors: number;
};

export type BrowseOptions = {
  /** Addresses of replicas, on this machine; views alternate over them. */
  readonly targets: readonly string[];
  readonly seed: number;
  readonly views: Pick<PhotoViews, 'viewAt'>;
  readonly pass: number;
  readonly count: number;
  /** Whether the viewer of a view has asked for it to be loaded anew. */
  readonly isReload?: (view: number) => boolean;
};

/**
 * Looks at pages as browsers do that remember entity tags: one after another, each with the cache of its viewer, which begins empty.
 * Writes are left out. k6 cannot do this, since its virtual users share nothing; what it is planned to send is checked by this.
 */
export async function browse(options: BrowseOptions): Promise<BrowsedCounts> {
  const { targets, views, pass, count, isReload = () => false } = options;
  requireLoopback([targets]);
  const caches = new Map<number, BrowserCache>();
  const cacheOf = (viewerId: number): BrowserCache => {
    const cache = caches.get(viewerId) ?? createBrowserCache(browserBytesMax);
    caches.set(viewerId, cache);
    return cache;
  };
  const none = (): Record<AnsweredBy, number> => ({ browser: 0, revalidated: 0, service: 0 });
  const counts = { pages: none(), images: none(), imageBytes: { sent: 0, seen: 0 }, errors: 0 };
  for (let index = 0; index < count; index += 1) {
    const view = views.viewAt(pass, index);
    if (isWrite(view)) continue;
    const target = targets[index % targets.length] as string;
    const ask = (request: PlannedRequest) =>
      askFor(options, cacheOf(request.viewerId), request, target, isReload(index));
    const page = await ask(view.page);
    counts.pages[page.from] += 1;
    if (page.status !== 200) counts.errors += 1;
    for (const image of view.images) {
      const { from, bytes, status } = await ask(imageRequest(view.page, image));
      counts.images[from] += 1;
      counts.imageBytes.seen += bytes;
      if (from === 'service') counts.imageBytes.sent += bytes;
      if (status !== 200) counts.errors += 1;
    }
  }
  return counts;
}

/** Only pages show images. */
const isWrite = ({ page: { operation } }: PhotoView): boolean =>
  !['feedPage', 'profileGrid', 'photoPage'].includes(operation);

function askFor(
  { seed }: BrowseOptions,
  cache: BrowserCache,
  request: PlannedRequest,
  target: string,
  isReload: boolean,
) {
  const secret = secretOfRequest(seed, request);
  const headers: Headers = {
    accept: request.operation === 'image' ? 'image/webp,image/*;q=0.8' : 'application/json',
    ...(secret !== null && { authorization: `Bearer ${hash('sha256', secret, 'base64url')}` }),
  };
  // A browser knows one service, whichever of its replicas answers.
  return cache.get({ url: pathOfRequest(request), headers, isReload }, (path, own) =>
    send(target + path, own),
  );
}

const timeoutMs = 5_000;

async function send(url: string, headers: Headers): Promise<BrowserResponse> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
  const { byteLength } = await response.arrayBuffer();
  return { status: response.status, headers: Object.fromEntries(response.headers), bytes: byteLength };
}
