import { randomAt } from './counter-random.ts';

/**
 * Which requests of a pass do what is done once in each stretch of so many requests, at a place that chance decides: the number of the
 * doing in its pass, null for all others. So that number is known without counting, and so is what it takes out of a reserve.
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
