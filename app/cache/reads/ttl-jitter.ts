/**
 * A TTL shortened by a random part of at most `share`, so that keys filled together do not expire together. It only
 * subtracts: the TTL stays an upper bound.
 */
export function jitteredTtlMs(ttlMs: number, share: number, random: () => number): number {
  return ttlMs * (1 - share * random());
}
