import type { Storage } from '../../app/storage/postgres.ts';
import { waitUntil } from './wait-until.ts';

/** Resolves once all connections of a pool are there: a busy machine may take longer to open one than a request waits for it. */
export async function connected(storage: Storage): Promise<void> {
  await waitUntil(async () => {
    const asked = Array.from({ length: storage.connectionsMax }, () => storage.isReady());
    return (await Promise.all(asked)).every(Boolean);
  });
}
