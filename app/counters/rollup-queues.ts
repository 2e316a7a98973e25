/** What became of a counter that was to wait. */
export type Queued = 'waits' | 'coalesced' | 'dropped';

/** The counters of a worker that wait to be rolled up, each once. */
export type RollupQueues = {
  add(id: string): Queued;
  /** Takes all that wait in one of the queues. */
  drain(queue: number): readonly string[];
  readonly count: number;
  length(): number;
};

/** `queueOf` says to which queue a counter belongs, always the same. `entriesMax`: of each queue. */
export function createRollupQueues(
  count: number,
  queueOf: (id: string) => number,
  entriesMax: number,
): RollupQueues {
  const queues = Array.from({ length: count }, () => new Set<string>());
  return {
    count,
    add(id) {
      const queue = queues[queueOf(id)];
      if (queue === undefined || queue.has(id)) return 'coalesced';
      if (queue.size >= entriesMax) return 'dropped';
      queue.add(id);
      return 'waits';
    },
    drain(number) {
      const queue = queues[number];
      if (queue === undefined) return [];
      const ids = [...queue];
      queue.clear();
      return ids;
    },
    length: () => queues.reduce((all, { size }) => all + size, 0),
  };
}
