/** A limit as it is set: a number, none, or `auto`: the usual one, and in lab mode none, so that load is not limited. */
export type RequestLimit = number | 'off' | 'auto';

/** The limit that holds; null: none. */
export function limitInForce(limit: RequestLimit, isLab: boolean, usual: number): number | null {
  if (limit === 'auto') return isLab ? null : usual;
  return limit === 'off' ? null : limit;
}

/** What holds outside of lab mode where nothing else is set. */
export const usualLimits = {
  /** Of one address, a minute. A page of a feed comes with ten images, and several people share an address. */
  requestsPerAddress: 3_000,
  /** Of one account, a minute. */
  requestsPerAccount: 600,
  /** Of the event loop: with more, requests wait for each other and none is served in time. */
  shedAbovePercent: 98,
} as const;
