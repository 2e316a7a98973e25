import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import type { Consumer, OutboxMessage } from '../outbox/consumer.ts';
import { createFanOutStore } from './fan-out-store.ts';
import type { FanOutStore } from './fan-out-store.ts';
import type { FanOutObserver } from './feed-events.ts';
import { rowLifetimeMs, rowsPerFill } from './kept-feed-source.ts';
import type { FeedSettings } from './system.ts';

export type FeedFanOutOptions = {
  readonly settings: FeedSettings;
  /** Of the world: rows expire by it. */
  readonly clock: Clock;
  readonly observe: FanOutObserver;
};

/**
 * Writes posts into the feeds of those who follow, and takes out of them what does not belong there any more. What it does again
 * changes nothing. With feed=hybrid, a post of an author with too many followers is written nowhere: the author is listed, and
 * feeds pull what listed authors post.
 */
export function createFeedFanOut({ settings, clock, observe }: FeedFanOutOptions): Consumer {
  const { feed, celebrityFollowers, feedRows, activeFeeds } = settings;
  const celebrityFrom = feed === 'hybrid' ? celebrityFollowers : Infinity;
  const expiresAtMs = () => clock.now() + rowLifetimeMs;

  const post = async (store: FanOutStore, { postId, ownerId }: PostIds): Promise<number[]> => {
    await store.lock(ownerId);
    const author = await store.loadAuthor(ownerId);
    if (author === undefined) return [];
    const isPulled = author.followers >= celebrityFrom;
    const readers = isPulled ? [] : await store.push(postId, expiresAtMs());
    if (isPulled) await store.pullFrom(ownerId);
    else await store.cut(ownerId, postId, feedRows);
    observe.posted({
      postedBy: author.isWitness ? 'witness' : 'people',
      way: isPulled ? 'pulled' : 'pushed',
      rows: readers.length,
    });
    return readers;
  };
  const leave = async (store: FanOutStore, readerId: number, authorId: number): Promise<number[]> => {
    await store.lock(authorId, readerId);
    return store.removeAuthor(readerId, authorId);
  };
  const join = async (store: FanOutStore, readerId: number, authorId: number): Promise<number[]> => {
    await store.lock(authorId, readerId);
    return store.addAuthor(readerId, authorId, Math.min(feedRows, rowsPerFill), expiresAtMs());
  };
  const change = async (store: FanOutStore, message: OutboxMessage): Promise<number[]> => {
    switch (message.type) {
      case 'posted':
        return post(store, idsOf(message, ['postId', 'ownerId']));
      case 'deleted': {
        const { postId, ownerId } = idsOf(message, ['postId', 'ownerId']);
        await store.lock(ownerId);
        return store.removePost(postId);
      }
      case 'followed': {
        const { followerId, followedId } = idsOf(message, ['followerId', 'followedId']);
        return join(store, followerId, followedId);
      }
      case 'unfollowed': {
        const { followerId, followedId } = idsOf(message, ['followerId', 'followedId']);
        return leave(store, followerId, followedId);
      }
      default:
        return [];
    }
  };

  return {
    name: 'feeds',
    takes: ['posted', 'deleted', 'followed', 'unfollowed'],
    async consume(message, queries) {
      const store = createFanOutStore(queries);
      const readers = await change(store, message);
      if (activeFeeds > 0) await store.tell(readers);
    },
  };
}

type PostIds = { readonly postId: number; readonly ownerId: number };

/** The ids of a payload. Throws INVALID_REQUEST for a message that lacks one: nothing will ever come of it. */
function idsOf<const Name extends string>(
  { type, payload }: OutboxMessage,
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  const ids = names.map((name) => {
    const id = payload[name];
    if (typeof id !== 'number')
      throw new DarkroomError('INVALID_REQUEST', `A message "${type}" lacks ${name}.`);
    return [name, id] as const;
  });
  return Object.fromEntries(ids) as Record<Name, number>;
}
