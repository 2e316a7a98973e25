/** Work that nobody awaits, counted and told when it fails. */
export type BackgroundTasks = {
  readonly run: (name: string, task: Promise<unknown>) => void;
  /** Resolves when nothing is left running, or after the limit: some tasks wait for a server that never comes. */
  readonly settled: (limitMs: number) => Promise<void>;
};

export function createBackgroundTasks(onFailure: (name: string, reason: unknown) => void): BackgroundTasks {
  const running = new Set<Promise<void>>();
  return {
    run(name, task) {
      const watched: Promise<void> = task
        .then(
          () => {},
          (reason: unknown) => onFailure(name, reason),
        )
        .finally(() => running.delete(watched));
      running.add(watched);
    },
    async settled(limitMs) {
      const { promise: limit, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, limitMs);
      await Promise.race([Promise.all(running), limit]);
      clearTimeout(timer);
    },
  };
}
