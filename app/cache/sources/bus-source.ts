import { createSystemClock, createWallClock } from '../../clock.ts';
import type { CacheObserver } from '../cache-events.ts';
import { createInvalidationBus, heartbeatMs } from './invalidation-bus.ts';
import type { InvalidationListener, InvalidationSource } from './invalidation-source.ts';
import {
  connectWithin,
  createCommandConnection,
  createSubscriberConnection,
} from '../../redis/redis-connection.ts';

export type BusSourceOptions = {
  readonly url: string;
  readonly keyPrefix: string;
  /** Unique for each start of a process. */
  readonly sender: string;
  readonly listener: InvalidationListener;
  readonly observe: CacheObserver;
  readonly traceparent?: () => string | undefined;
  readonly runInBackground: (name: string, task: Promise<unknown>) => void;
};

/** The invalidation bus with connections and a heartbeat of its own. */
export function createBusSource(options: BusSourceOptions): InvalidationSource {
  const publisher = createCommandConnection(options.url);
  const subscriber = createSubscriberConnection(options.url);
  const channel = `${options.keyPrefix}invalidations`;
  const bus = createInvalidationBus({
    ...options,
    publisher,
    subscriber,
    channel,
    // Whether a connection lives is a matter of real time: heartbeats go on while a world's clock stands still.
    now: createSystemClock().now,
    wallNow: createWallClock().now,
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    sender: bus,
    async start() {
      await Promise.all([connectWithin(publisher), connectWithin(subscriber)]);
      const subscribed = subscriber.subscribe(channel).then(() => bus.beat());
      options.runInBackground('subscribe to invalidations', subscribed);
      timer = setInterval(() => bus.beat(), heartbeatMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await bus.close();
    },
  };
}
