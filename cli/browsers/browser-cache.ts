import CachePolicy from 'http-cache-semantics';

/** Names are lower-case. */
export type Headers = Readonly<Record<string, string>>;

/** A request that a browser makes, and whether its user has asked for a fresh answer. */
export type BrowserRequest = { readonly url: string; readonly headers: Headers; readonly isReload?: boolean };

/** What a server answers. `bytes`: of the body. */
export type BrowserResponse = { readonly status: number; readonly headers: Headers; readonly bytes: number };

/** Sends a request to the service. */
export type Send = (url: string, headers: Headers) => Promise<BrowserResponse>;

/** `browser`: nothing was sent. `revalidated`: what the browser had was told to hold still (304). */
export type AnsweredBy = 'browser' | 'revalidated' | 'service';

export type BrowserAnswer = {
  readonly from: AnsweredBy;
  readonly status: number;
  /** Of the body that the viewer sees. */
  readonly bytes: number;
};

type Kept = { readonly policy: CachePolicy; readonly bytes: number };

/**
 * One viewer's cache by RFC 9111: a private one. It reuses what is fresh, asks whether what is not still holds, and lets go of what was
 * used longest ago when bodies take more than `bytesMax` together. Which answers it may keep, and for how long, their headers say.
 */
export function createBrowserCache(bytesMax: number) {
  // In the order of their last use.
  const kept = new Map<string, Kept>();
  let bytesKept = 0;
  const drop = (url: string): void => {
    bytesKept -= kept.get(url)?.bytes ?? 0;
    kept.delete(url);
  };
  const keep = (url: string, one: Kept): void => {
    drop(url);
    if (!one.policy.storable()) return;
    kept.set(url, one);
    bytesKept += one.bytes;
    for (const oldest of kept.keys()) {
      if (bytesKept <= bytesMax) return;
      drop(oldest);
    }
  };
  const asRequest = ({ url, headers, isReload = false }: BrowserRequest) => ({
    ...{ url, method: 'GET' },
    headers: { ...headers, ...(isReload && { 'cache-control': 'no-cache' }) },
  });

  return {
    async get(request: BrowserRequest, send: Send): Promise<BrowserAnswer> {
      const asked = asRequest(request);
      const held = kept.get(request.url);
      if (held?.policy.satisfiesWithoutRevalidation(asked) === true) {
        keep(request.url, held);
        return { from: 'browser', status: 200, bytes: held.bytes };
      }
      const headers = held === undefined ? asked.headers : held.policy.revalidationHeaders(asked);
      const response = await send(request.url, plain(headers));
      const isSame = held !== undefined && response.status === 304;
      const policy = isSame
        ? held.policy.revalidatedPolicy(asked, response).policy
        : new CachePolicy(asked, response, { shared: false });
      const bytes = isSame ? held.bytes : response.bytes;
      keep(request.url, { policy, bytes });
      return { from: isSame ? 'revalidated' : 'service', status: isSame ? 200 : response.status, bytes };
    },
    usage: () => ({ entries: kept.size, bytes: bytesKept }),
  };
}

export type BrowserCache = ReturnType<typeof createBrowserCache>;

/** The headers that have one value. */
function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
