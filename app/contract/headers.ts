/** Response headers that others may rely on, and the request headers that are the service's own. */
export const headers = {
  /** RFC 9211: which tier answered. */
  cacheStatus: 'Cache-Status',
  /** Version of the entity in the response, as storage assigned it in the commit. */
  entryVersion: 'Darkroom-Entry-Version',
  /** Name of the replica that answered. */
  replica: 'Darkroom-Replica',
  /** Id of the person who asks. Accepted in lab mode only. */
  viewer: 'Darkroom-Viewer',
  /** Of a write: the same key and request are answered with the first answer (draft-ietf-httpapi-idempotency-key-header). */
  idempotencyKey: 'Idempotency-Key',
  /** On an answer that was given before, to the first request with the same key. */
  idempotencyReplayed: 'Idempotency-Replayed',
  /** Of a query of metadata: the name of the service that asks. */
  caller: 'Darkroom-Caller',
  /** Of metadata out of a replica: since when it is known to be whole, in milliseconds. */
  staleness: 'Darkroom-Staleness',
  /** Of a request: an edge has passed it on, and heeds what is for it alone (the Edge Architecture of the W3C). */
  surrogateCapability: 'Surrogate-Capability',
  /** To the edge alone: how long it may keep an answer, in a field of its own (RFC 9213). */
  edgeCacheControl: 'CDN-Cache-Control',
  /** To the edge alone: under which keys an answer is kept, for purges. */
  surrogateKey: 'Surrogate-Key',
  /** To the edge alone, on the answer of a write: what is kept under these keys must go before the answer does. */
  surrogatePurge: 'Surrogate-Purge',
  /** To the edge alone, on the answer of a write: the versions that things have since, as `photo-7=12 comments-7=gone`. */
  surrogateVersion: 'Surrogate-Version',
  /**
   * To the edge alone, on every answer: the numbers of the last change by which a person was hidden, and of the last by which an account
   * has gone. By them it hears of changes whose own answers were lost.
   */
  surrogateRights: 'Surrogate-Rights',
} as const;

/** Keys of all pages at the edge, and of all images; those of one thing are its entity and its id. */
export const edgeKeys = { pages: 'pages', images: 'images' } as const;
