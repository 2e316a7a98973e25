/**
 * The order of an experiment. Every pass over the worlds has a number of its own, and with it requests of its own
 * (`requestAt(pass, index)`): 0 is the warm-up, 1 the shake-down (in turns) or what opens connections (together), then one for
 * each try of each round. Within a pass each
 * world gets the same requests.
 */
export const warmUpPass = 0;
export const shakedownPass = 1;
export const firstRoundPass = 2;

/** Beyond any number of rounds: the parts after the first one warm up and settle with requests of their own. */
const laterPartsPass = 1_000_000;

export function warmUpPassOf(part: number): number {
  return part === 1 ? warmUpPass : laterPartsPass + 2 * part;
}

export function isWarmUpPass(pass: number): boolean {
  return pass === warmUpPass || (pass > laterPartsPass && pass % 2 === 0);
}

/** Together, what is sent before the first round of a part to open all connections. */
export function settlePassOf(part: number): number {
  return part === 1 ? shakedownPass : laterPartsPass + 2 * part + 1;
}

/** A round may be tried again this often, and all rounds together this often, before the experiment gives up. */
const repeatsPerRoundMax = 2;
const repeatsInAllMax = 4;

/** A seeded source of numbers in [0, 1), named by what it is for. */
export type SeededRandom = (stream: number, index: number) => number;

/** The candidates of one pass in random order (Fisher-Yates); the same seed and pass give the same order. */
export function orderOfPass<T>(candidates: readonly T[], pass: number, random: SeededRandom): T[] {
  const order = [...candidates];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random(pass, last) * (last + 1));
    const held = order[last] as T;
    order[last] = order[chosen] as T;
    order[chosen] = held;
  }
  return order;
}

/** What a spoiled round leads to. */
export type RepeatDecision = 'repeat' | 'give-up';

export function decideRepeat(repeatsOfThisRound: number, repeatsInAll: number): RepeatDecision {
  return repeatsOfThisRound < repeatsPerRoundMax && repeatsInAll < repeatsInAllMax ? 'repeat' : 'give-up';
}
