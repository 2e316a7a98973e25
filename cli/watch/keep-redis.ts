import type { RedisServer } from '../stack/redis-server.ts';
import { keepRunning } from './keep-running.ts';
import type { Keeping } from './keep-running.ts';

type Restartable = Pick<RedisServer, 'pid' | 'ended' | 'startAgain'>;

/** Starts a Redis again some time after it ended, until the signal. Rejects when it does not start any more. */
export function keepRedisRunning(redis: Restartable, keeping: Keeping): Promise<void> {
  return keepRunning(
    {
      ended: async () => {
        await redis.ended();
        return 'Redis is gone.';
      },
      startAgain: () => redis.startAgain(),
      isBack: () => `Redis is back, as process ${redis.pid}.`,
    },
    keeping,
  );
}
