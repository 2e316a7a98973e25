import type { Clock } from '../clock.ts';
import { DarkroomError } from '../errors.ts';
import type { Consumer, OutboxMessage } from '../outbox/consumer.ts';
import { createFanOutStore } from './fan-out-store.ts';
import type { FanOutStore, Involved } from './fan-out-store.ts';
import type { FanOutObserver } from './feed-events.ts';
import { rowLifetimeMs, rowsPerFill } from './kept-feed-source.ts';
import type { FeedSettings } from './system.ts';

export type FeedFanOutOptions = {
  readonly settings: FeedSettings;
  /** Whether followers are counted apart from the row of the author, which then does not say how many there are. */
  readonly areCountsApart?: boolean;
  /** Of the world: rows expire by it. */
  readonly clock: Clock;
  readonly observe: FanOutObserver;
};

/**
 * Writes posts into the feeds of those who follow, and takes out of them what does not belong there any more. What it does again
 * changes nothing. With feed=hybrid, a post of an author with too many followers is written nowhere: the author is listed, and
 * feeds pull what listed authors post.
 */
export function createFeedFanOut(options: FeedFanOutOptions): Consumer {
  const { settings, areCountsApart = false, clock, observe } = options;
  const { feed, celebrityFollowers, feedRows, activeFeeds } = settings;
  const celebrityFrom = feed === 'hybrid' ? celebrityFollowers : Infinity;
  const expiresAtMs = () => clock.now() + rowLifetimeMs;

  const post = async (store: FanOutStore, { postId, ownerId }: PostIds): Promise<number[]> => {
    const author = areCountsApart
      ? await store.countAuthor(ownerId, celebrityFollowers)
      : await store.loadAuthor(ownerId);
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
  const change = async (store: FanOutStore, message: OutboxMessage): Promise<readonly number[]> => {
    switch (message.type) {
      case 'posted':
        return post(store, idsOf(message, ['postId', 'ownerId']));
      case 'deleted':
        return store.removePost(idsOf(message, ['postId']).postId);
      case 'followed': {
        const { followerId, followedId } = idsOf(message, ['followerId', 'followedId']);
        return store.addAuthor(followerId, followedId, Math.min(feedRows, rowsPerFill), expiresAtMs());
      }
      case 'unfollowed': {
        const { followerId, followedId } = idsOf(message, ['followerId', 'followedId']);
        return store.removeAuthor(followerId, followedId);
      }
      case 'blocked': {
        const { blockerId, blockedId } = idsOf(message, ['blockerId', 'blockedId']);
        const ofBlocker = await store.removeAuthor(blockerId, blockedId);
        return [...ofBlocker, ...(await store.removeAuthor(blockedId, blockerId))];
      }
      case 'privacy':
        // A person who turns public is in the feeds of followers as before.
        if (message.payload['isPrivate'] !== true) return [];
        return store.removeStrangers(idsOf(message, ['userId']).userId);
      default:
        return [];
    }
  };

  return {
    name: 'feeds',
    takes: ['posted', 'deleted', 'followed', 'unfollowed', 'blocked', 'privacy'],
    async prepare(messages, queries) {
      const involved = messages.map(involvedIn);
      if (involved.length === 0) return;
      await createFanOutStore(queries).lock({
        authors: involved.flatMap(({ authors }) => authors),
        readers: involved.flatMap(({ readers }) => readers),
      });
    },
    async consume(message, queries) {
      const store = createFanOutStore(queries);
      const readers = await change(store, message);
      if (activeFeeds > 0) await store.tell(readers);
    },
  };
}

/** What must not be changed by two workers at once. */
function involvedIn(message: OutboxMessage): Involved {
  switch (message.type) {
    case 'followed':
    case 'unfollowed': {
      const { followerId, followedId } = idsOf(message, ['followerId', 'followedId']);
      return { authors: [followedId], readers: [followerId] };
    }
    case 'blocked': {
      const { blockerId, blockedId } = idsOf(message, ['blockerId', 'blockedId']);
      return { authors: [blockerId, blockedId], readers: [blockerId, blockedId] };
    }
    default:
      // Posting, deleting and hiding are about what the author has posted.
      return { authors: [message.authorId], readers: [] };
  }
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
