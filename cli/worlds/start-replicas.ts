/** Puts things into an order; the same things come back. */
export type Shuffle = <T>(items: readonly T[]) => T[];

export const inOrder: Shuffle = (items) => [...items];

/** What of a world can be started and stopped. */
export type Startable = {
  /** One for each replica: starts it where it was, or was to be. */
  replicaStarts(): readonly ((signal: AbortSignal) => Promise<void>)[];
  stopReplicas(): Promise<void>;
};

/**
 * Starts all replicas of all worlds at the same time. One after another, the first would stay slower than the last for as long as
 * they live. When one fails, the others are stopped, and its error is thrown.
 */
export async function startReplicas(worlds: readonly Startable[], shuffle: Shuffle = inOrder): Promise<void> {
  const failing = new AbortController();
  const errors: unknown[] = [];
  const starts = shuffle(worlds.flatMap((world) => world.replicaStarts()));
  await Promise.all(
    starts.map(async (start) => {
      try {
        await start(failing.signal);
      } catch (error) {
        errors.push(error);
        failing.abort();
      }
    }),
  );
  if (errors.length === 0) return;
  await stopReplicas(worlds);
  throw errors[0];
}

/** Ends all replicas of all worlds and starts them anew, all at the same time and where they were. */
export async function restartReplicas(
  worlds: readonly Startable[],
  shuffle: Shuffle = inOrder,
): Promise<void> {
  await stopReplicas(worlds);
  await startReplicas(worlds, shuffle);
}

async function stopReplicas(worlds: readonly Startable[]): Promise<void> {
  await Promise.all(worlds.map((world) => world.stopReplicas()));
}
