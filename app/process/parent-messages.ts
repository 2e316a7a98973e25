import { parseParentMessage } from '../contract/process-messages.ts';
import type { ProcessFailure, ProcessMessage } from '../contract/process-messages.ts';
import { DarkroomError } from '../errors.ts';

/** Tells the process that started this one. Resolves when it is on its way, and at once where nobody listens. */
export function tellParent(message: ProcessMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  // One that has gone away meanwhile needs no telling.
  else process.send(message, undefined, {}, () => resolve());
  return promise;
}

/** Says why a process could not start, in one line and to the one that started it, and ends it: with 2 where a setting is wrong. */
export async function failToStart(kindName: string, error: unknown): Promise<never> {
  const failure = failureOf(error);
  process.stderr.write(`darkroom ${kindName}: ${failure.code}: ${failure.message}\n`);
  await tellParent({ type: 'failed', ...failure });
  process.exit(error instanceof DarkroomError ? 2 : 1);
}

/** With the stable code of an error of ours, or of the system. */
function failureOf(error: unknown): ProcessFailure {
  if (error instanceof DarkroomError) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { code: unknownCode, message: String(error) };
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : unknownCode,
    message: error.message,
    ...('port' in error && typeof error.port === 'number' && { port: error.port }),
  };
}

const unknownCode = 'INTERNAL';

/** Hears where the replicas of its world listen, and what stands in front of them; also later, when one of them was started anew. */
export function onNeighbours(listener: (service: readonly string[], front: readonly string[]) => void): void {
  process.on('message', (message) => {
    const told = parseParentMessage(message);
    if (told !== null) listener(told.service, told.front ?? []);
  });
}
