import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from '../errors.ts';
import type { RedisServer } from '../stack/redis-server.ts';

/** Long enough to see what its absence does. */
const pauseMs = 20_000;
/** Its port may be somebody else's for a moment; a minute of failures is more than that. */
const retryMs = 5_000;
const startsMax = 12;

type Restartable = Pick<RedisServer, 'pid' | 'ended' | 'startAgain'>;

export type RedisKeeping = {
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
  /** It runs again, as another process. */
  readonly onBack: () => void;
  readonly pause?: (ms: number) => Promise<void>;
};

/** Starts a Redis again some time after it ended, until the signal. Rejects when it does not start any more. */
export async function keepRedisRunning(redis: Restartable, keeping: RedisKeeping): Promise<void> {
  const { signal, report, onBack } = keeping;
  const pause = keeping.pause ?? ((ms) => wait(ms, undefined, { signal }).catch(() => {}));
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  while (!signal.aborted) {
    await Promise.race([redis.ended(), aborted]);
    if (signal.aborted) return;
    report(`Redis is gone. It is started again in ${pauseMs / 1000} s.`);
    await pause(pauseMs);
    await startAgain(redis, { ...keeping, pause });
    if (signal.aborted) return;
    onBack();
    report(`Redis is back, as process ${redis.pid}.`);
  }
}

/** Tries until it runs, the signal comes, or it has failed too often. */
async function startAgain(
  redis: Restartable,
  { signal, report, pause }: Required<RedisKeeping>,
): Promise<void> {
  for (let start = 1; !signal.aborted; start += 1) {
    try {
      await redis.startAgain();
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CommandError) || start === startsMax) throw error;
      report(`${error.message}\n  It is tried again in ${retryMs / 1000} s.`);
      await pause(retryMs);
    }
  }
}
