import type { SimulatedCandidate } from '../simulator/simulate-recording.ts';

/** A configuration with what it costs and what it brings. */
export type Priced = {
  readonly label: string;
  /** Memory of all replicas, and of Redis, that it has filled. */
  readonly bytes: number;
  /** Of all reads, from 0 to 1. */
  readonly hitRatio: number;
};

/** What a simulated candidate's memory came to hold at most: in each replica, and in Redis. */
export function priceOf(label: string, simulated: SimulatedCandidate, replicas: number): Priced {
  const { memoryBytesMax, redisBytesMax, hitRatio } = simulated;
  return { label, bytes: memoryBytesMax * replicas + redisBytesMax, hitRatio: hitRatio.all ?? 0 };
}

/** How much a higher hit ratio must gain: less is no reason to pay for more memory. */
const gainMin = 0.001;

/** The configurations whose hit ratio no cheaper one reaches, the cheapest first. */
export function frontOf(all: readonly Priced[]): Priced[] {
  const front: Priced[] = [];
  for (const one of all.toSorted((a, b) => a.bytes - b.bytes || b.hitRatio - a.hitRatio))
    if (one.hitRatio > (front.at(-1)?.hitRatio ?? -1) + gainMin) front.push(one);
  return front;
}

/** Shares of all reads below the best, from which on a configuration is worth a look, and from which on it is as good. */
const looks = [0.05, 0.01, 0];

/** The few that are run: the best, the cheapest that is nearly as good, and the cheapest that comes near. */
export function chooseFew(front: readonly Priced[]): Priced[] {
  const best = front.at(-1)?.hitRatio ?? 0;
  const chosen = looks.flatMap((below) => front.find(({ hitRatio }) => hitRatio >= best - below) ?? []);
  return [...new Set(chosen)];
}

/** How much less than the best is still as good. */
export const asGood = 0.01;

/** The cheapest that nothing stands against and that is as good as the best of all, by what each is worth; null: that is not known. */
export function cheapestAsGood<One extends { readonly bytes: number; readonly trouble: string | null }>(
  all: readonly One[],
  worthOf: (one: One) => number | null,
): One | null {
  const known = all.filter((one) => one.trouble === null && worthOf(one) !== null);
  const best = Math.max(...known.map((one) => worthOf(one) ?? 0));
  return (
    known.toSorted((a, b) => a.bytes - b.bytes).find((one) => (worthOf(one) ?? 0) >= best - asGood) ?? null
  );
}
