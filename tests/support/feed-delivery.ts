import type { Clock } from '../../app/clock.ts';
import { createFeedFanOut } from '../../app/feeds/feed-fan-out.ts';
import type { FanOutObserver, FannedOutPost } from '../../app/feeds/feed-events.ts';
import type { FeedSettings } from '../../app/feeds/system.ts';
import { createDelivery } from '../../app/outbox/delivery.ts';
import { createStorage } from '../../app/storage/postgres.ts';
import { createFakeClock } from './fake-clock.ts';

export type FeedDelivery = {
  /** Until the outbox is empty. Throws what the fan-out has failed on. */
  deliverAll(): Promise<void>;
  /** What the fan-out has told of posts, in its order. */
  readonly posts: readonly FannedOutPost[];
  /** PostgreSQL's codes of statements that it has refused. */
  readonly refused: readonly string[];
  close(): Promise<void>;
};

/** A worker's work on feeds, done when the test says so. */
export function createFeedDelivery(
  databaseUrl: string,
  settings: FeedSettings,
  clock: Clock = createFakeClock(Date.now()),
  observer?: FanOutObserver,
): FeedDelivery {
  const refused: string[] = [];
  const storage = createStorage(databaseUrl, 2, ({ errorType }) => {
    if (errorType !== null) refused.push(errorType);
  });
  const posts: FannedOutPost[] = [];
  const failures: unknown[] = [];
  const posted = (post: FannedOutPost): void => {
    posts.push(post);
    observer?.posted(post);
  };
  const deliver = createDelivery({
    storage,
    consumers: [createFeedFanOut({ settings, clock, observe: { posted } })],
    clock,
    wallClock: { now: () => Date.now() },
    observe: () => {},
    onFailure: ({ error }) => void failures.push(error),
  });
  return {
    posts,
    refused,
    async deliverAll() {
      while (await deliver());
      if (failures.length > 0) throw failures[0];
    },
    close: () => storage.close(),
  };
}
