import { randomAt, streams } from './counter-random.ts';

/** Evenly spaced, or each displaced by a random time, which is near to a Poisson process at short distances. */
export type Arrivals = 'even' | 'poisson';

/** Requests are displaced by less than this. Wide enough for 20 of them to change places, and never below 100 ms. */
export function displacementWidthMs(ratePerSecond: number): number {
  return Math.max(20_000 / ratePerSecond, 100);
}

/** How long request `index` waits after its place in the even lattice. */
export function displacementMs(
  arrivals: Arrivals,
  seed: number,
  pass: number,
  index: number,
  ratePerSecond: number,
): number {
  if (arrivals === 'even') return 0;
  return randomAt(seed, pass, streams.displacement, index) * displacementWidthMs(ratePerSecond);
}

/** When request `index` of a pass should start, milliseconds after its first place in the lattice. */
export function plannedStartMs(
  arrivals: Arrivals,
  seed: number,
  pass: number,
  index: number,
  ratePerSecond: number,
): number {
  return (index * 1000) / ratePerSecond + displacementMs(arrivals, seed, pass, index, ratePerSecond);
}
