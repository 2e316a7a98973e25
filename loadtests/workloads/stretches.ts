import { randomAt } from './counter-random.ts';

/**
 * Places something that is done once in each stretch of so many requests, where chance decides. The function
 * gives the number of the stretch for the request that does it, and null for all others. That number is known
 * without counting, and so is what the request takes out of a reserve.
 */
export function oncePerStretch(
  seed: number,
  stream: number,
  stretch: number | null,
): (pass: number, index: number) => number | null {
  if (stretch === null) return () => null;
  return (pass, index) => {
    const number = Math.floor(index / stretch);
    const place = Math.floor(randomAt(seed, pass, stream, number) * stretch);
    return index % stretch === place ? number : null;
  };
}
