/** A binary heap of positions, which gives the highest one. */
export type PositionHeap = {
  /** -1: there is none. */
  highest(): number;
  push(position: number): void;
  pop(): void;
  /** Positions have other numbers, in the same order. */
  renumber(renumbered: Int32Array): void;
};

export function createPositionHeap(): PositionHeap {
  const heap: number[] = [];
  const swap = (a: number, b: number): void => {
    const moved = heap[a] as number;
    heap[a] = heap[b] as number;
    heap[b] = moved;
  };
  const higherOf = (a: number, b: number): number =>
    b < heap.length && (heap[b] as number) > (heap[a] as number) ? b : a;
  return {
    highest: () => heap[0] ?? -1,
    push(position) {
      let at = heap.push(position) - 1;
      for (let above = (at - 1) >> 1; at > 0 && (heap[above] as number) < position; above = (at - 1) >> 1) {
        swap(at, above);
        at = above;
      }
    },
    pop() {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
      for (let at = 0, below = higherOf(higherOf(0, 1), 2); below !== at;) {
        swap(at, below);
        at = below;
        below = higherOf(higherOf(at, 2 * at + 1), 2 * at + 2);
      }
    },
    renumber(renumbered) {
      for (const [at, position] of heap.entries()) heap[at] = renumbered[position] as number;
    },
  };
}
