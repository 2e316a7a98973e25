/** Evenly spaced, or each displaced by a random time, which is near to a Poisson process at short distances. */
export type Arrivals = 'even' | 'poisson';

/** Requests are displaced by less than this. Wide enough for 20 of them to change places, and never below 100 ms. */
export function displacementWidthMs(ratePerSecond: number): number {
  return Math.max(20_000 / ratePerSecond, 100);
}
