/** Pairs of people, by the second of the two. */
export type Pairs = {
  has(fromId: number, toId: number): boolean;
  add(fromId: number, toId: number): void;
  delete(fromId: number, toId: number): void;
  deleteAllTo(toId: number): void;
  size(): number;
};

export function createPairs(): Pairs {
  const byTarget = new Map<number, Set<number>>();
  let size = 0;
  return {
    has: (fromId, toId) => byTarget.get(toId)?.has(fromId) === true,
    add(fromId, toId) {
      const known = byTarget.get(toId) ?? new Set<number>();
      byTarget.set(toId, known);
      if (known.has(fromId)) return;
      known.add(fromId);
      size += 1;
    },
    delete(fromId, toId) {
      const known = byTarget.get(toId);
      if (known?.delete(fromId) !== true) return;
      size -= 1;
      if (known.size === 0) byTarget.delete(toId);
    },
    deleteAllTo(toId) {
      size -= byTarget.get(toId)?.size ?? 0;
      byTarget.delete(toId);
    },
    size: () => size,
  };
}

/** Who has blocked whom. Most people are part of no block, which is known at once. */
export function createBlocks() {
  const pairs = createPairs();
  /** How many blocks each person is part of. */
  const counts = new Map<number, number>();
  const count = (personId: number, change: 1 | -1): void => {
    const total = (counts.get(personId) ?? 0) + change;
    if (total > 0) counts.set(personId, total);
    else counts.delete(personId);
  };
  return {
    concern: (personId: number): boolean => counts.size > 0 && counts.has(personId),
    separate: (oneId: number, otherId: number): boolean =>
      pairs.has(oneId, otherId) || pairs.has(otherId, oneId),
    set(fromId: number, toId: number, isBlocked: boolean): void {
      if (pairs.has(fromId, toId) === isBlocked) return;
      if (isBlocked) pairs.add(fromId, toId);
      else pairs.delete(fromId, toId);
      for (const id of [fromId, toId]) count(id, isBlocked ? 1 : -1);
    },
    size: pairs.size,
  };
}
