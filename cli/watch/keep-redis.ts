import { setTimeout as wait } from 'node:timers/promises';
import type { RedisServer } from '../stack/redis-server.ts';

/** Long enough to see what its absence does. */
const pauseMs = 20_000;

/** Starts a Redis again some time after it ended, until the signal. Rejects when it does not start any more. */
export async function keepRedisRunning(
  redis: RedisServer,
  signal: AbortSignal,
  report: (message: string) => void,
): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  while (!signal.aborted) {
    await Promise.race([redis.ended(), aborted]);
    if (signal.aborted) return;
    report(`Redis is gone. It is started again in ${pauseMs / 1000} s.`);
    await wait(pauseMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await redis.startAgain();
    report(`Redis is back, as process ${redis.pid}.`);
  }
}
