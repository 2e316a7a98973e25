import { DarkroomError } from '../errors.ts';

/** The largest count, either way: what JSON and JavaScript can tell exactly. */
export const countMax = Number.MAX_SAFE_INTEGER;

export const tooLarge = (): DarkroomError =>
  new DarkroomError(
    'COUNTER_TOO_LARGE',
    `A counter counts from -${countMax} to ${countMax}; clear it, or use another one.`,
  );

/** A count that storage or Redis has told as text. Throws COUNTER_TOO_LARGE. */
export function exactCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count)) throw tooLarge();
  // No -0, which JSON tells as 0 and tests tell apart.
  return count === 0 ? 0 : count;
}
