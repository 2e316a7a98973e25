/** Time that passes only from event to event. What is due at the same moment is done in the order in which it was asked for. */
export type VirtualTime = {
  now(): number;
  after(delayMs: number, work: () => void): void;
  /** Does everything that is due until then. */
  runUntil(untilMs: number): void;
};

type Due = { readonly atMs: number; readonly order: number; readonly work: () => void };

export function createVirtualTime(): VirtualTime {
  const heap: Due[] = [];
  let nowMs = 0;
  let order = 0;
  return {
    now: () => nowMs,
    after(delayMs, work) {
      order += 1;
      addToHeap(heap, { atMs: nowMs + Math.max(0, delayMs), order, work });
    },
    runUntil(untilMs) {
      for (let first = heap[0]; first !== undefined && first.atMs <= untilMs; first = heap[0]) {
        removeFirst(heap);
        nowMs = first.atMs;
        first.work();
      }
      nowMs = untilMs;
    },
  };
}

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function addToHeap(heap: Due[], due: Due): void {
  let place = heap.push(due) - 1;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, due)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = due;
}

function removeFirst(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  while (true) {
    const left = heap[place * 2 + 1];
    const right = heap[place * 2 + 2];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (isBefore(last, child)) break;
    heap[place] = child;
    place = place * 2 + (isRight ? 2 : 1);
  }
  heap[place] = last;
}
