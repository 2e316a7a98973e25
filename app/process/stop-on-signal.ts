import { tellParent } from './tell-parent.ts';

/** What is under way gets this long when a process is told to stop. */
const drainLimitMs = 10_000;

/**
 * Runs `finish` on a signal, and when the process that started this one goes away; then ends. Twice at once is once.
 * `hadParent`: there was one that listened when this one began, and may have gone away since.
 */
export function stopOnSignal(finish: () => Promise<void>, hadParent: boolean): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), drainLimitMs).unref();
    await finish();
    await tellParent({ type: 'drained' });
    process.exit(0);
  };
  const stopAndEnd = (): void => {
    stop().catch((error: unknown) => {
      process.stderr.write(`darkroom: it could not end in order: ${String(error)}\n`);
      process.exit(1);
    });
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, stopAndEnd);
  if (hadParent && !process.connected) stopAndEnd();
}
