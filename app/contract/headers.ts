/** Response headers that others may rely on, and the request header that names the viewer in lab mode. */
export const headers = {
  /** RFC 9211: which tier answered. */
  cacheStatus: 'Cache-Status',
  /** Version of the entity in the response, as storage assigned it in the commit. */
  entryVersion: 'Darkroom-Entry-Version',
  /** Name of the replica that answered. */
  replica: 'Darkroom-Replica',
  /** Id of the person who asks. Accepted in lab mode only. */
  viewer: 'Darkroom-Viewer',
} as const;
