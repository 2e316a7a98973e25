import { parseParentMessage } from '../contract/process-messages.ts';

/** Hears where the replicas of its world listen, and what stands in front of them; also later, when one of them was started anew. */
export function onNeighbours(listener: (service: readonly string[], front: readonly string[]) => void): void {
  process.on('message', (message) => {
    const told = parseParentMessage(message);
    if (told !== null) listener(told.service, told.front ?? []);
  });
}
