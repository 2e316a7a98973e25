import type { ProcessMessage } from '../contract/process-messages.ts';

/** Tells the process that started this one. Resolves when it is on its way, and at once where nobody listens. */
export function tellParent(message: ProcessMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  // One that has gone away meanwhile needs no telling.
  else process.send(message, undefined, {}, () => resolve());
  return promise;
}
