/** Puts things into an order; the same things come back. */
export type Shuffle = <T>(items: readonly T[]) => T[];

export const inOrder: Shuffle = (items) => [...items];

/** What of a world can be started and stopped. */
export type Startable = {
  /** One for each process: starts it where it was, or was to be. */
  processStarts(): readonly ((signal: AbortSignal) => Promise<void>)[];
  stopProcesses(): Promise<void>;
  /** Tells its processes where the replicas listen, once all of them do. Resolves when what stands in front of them can ask them. */
  introduceProcesses(): Promise<void>;
};

/**
 * Starts all processes of all worlds at the same time. One after another, the first would stay slower than the last for as long as
 * they live. When one fails, the others are stopped, and its error is thrown.
 */
export async function startProcesses(
  worlds: readonly Startable[],
  shuffle: Shuffle = inOrder,
): Promise<void> {
  const failing = new AbortController();
  const errors: unknown[] = [];
  const starts = shuffle(worlds.flatMap((world) => world.processStarts()));
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
  if (errors.length > 0) {
    await stopAll(worlds);
    throw errors[0];
  }
  try {
    await Promise.all(worlds.map((world) => world.introduceProcesses()));
  } catch (error) {
    await stopAll(worlds);
    throw error;
  }
}

/** Ends all processes of all worlds and starts them anew, all at the same time and where they were. */
export async function restartProcesses(
  worlds: readonly Startable[],
  shuffle: Shuffle = inOrder,
): Promise<void> {
  await stopAll(worlds);
  await startProcesses(worlds, shuffle);
}

async function stopAll(worlds: readonly Startable[]): Promise<void> {
  await Promise.all(worlds.map((world) => world.stopProcesses()));
}
