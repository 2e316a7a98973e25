/** Random numbers that a seed decides (mulberry32): the same uploads for the same seed. */
export type Draws = {
  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number;
  bytes(length: number): Buffer;
  one<T>(list: readonly [T, ...T[]]): T;
};

export function createDraws(seed: number): Draws {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  return {
    whole,
    bytes: (length) => Buffer.from(Array.from({ length }, () => whole(256))),
    one: (list) => list[whole(list.length)] ?? list[0],
  };
}
