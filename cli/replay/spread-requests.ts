import type { Spread } from '../../loadtests/workloads/spread.ts';

/** Where a stretch has no room for all of its requests, the rest goes to the next ones. */
export type SpreadRequests = {
  readonly spread: Spread;
  /** Requests that lie more than a stretch behind the one that they belong to. */
  readonly late: number;
};

/**
 * Lays the requests of a round into stretches, by the share of the round that had passed when each came (0 to 1, ascending). The round
 * gets longer where they do not fit.
 */
export function spreadRequests(
  shares: readonly number[],
  { stretches, placesPerStretch }: { readonly stretches: number; readonly placesPerStretch: number },
): SpreadRequests {
  const requests = new Array<number>(stretches).fill(0);
  let [stretch, late] = [0, 0];
  for (const share of shares) {
    const own = Math.min(stretches - 1, Math.floor(share * stretches));
    stretch = Math.max(stretch, own);
    while ((requests[stretch] ?? 0) >= placesPerStretch) stretch += 1;
    requests[stretch] = (requests[stretch] ?? 0) + 1;
    if (stretch > own + 1) late += 1;
  }
  return { spread: { placesPerStretch, requests }, late };
}
