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
} as const;
