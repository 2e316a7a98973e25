/**
 * Numbers for identifiers that say nothing here: 1 for the first that appears, and so on. With more of them than there are numbers, those
 * beyond share the numbers of the first ones.
 */
export type Numbering = {
  readonly of: (identifier: bigint) => number;
  /** Identifiers that have appeared. */
  readonly appeared: () => number;
};

export function createNumbering(most: number): Numbering {
  const known = new Map<bigint, number>();
  return {
    of(identifier) {
      const number = known.get(identifier);
      if (number !== undefined) return number;
      const next = (known.size % most) + 1;
      known.set(identifier, next);
      return next;
    },
    appeared: () => known.size,
  };
}
