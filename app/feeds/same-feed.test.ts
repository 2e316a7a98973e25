import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { connected } from '../../tests/support/connected-storage.ts';
import { createDatabaseOf } from '../../tests/support/databases.ts';
import type { TestDatabase } from '../../tests/support/databases.ts';
import { createFakeClock } from '../../tests/support/fake-clock.ts';
import { createFeedDelivery } from '../../tests/support/feed-delivery.ts';
import { createFollowStore } from '../follows/follow-store.ts';
import { createPhotoStore } from '../photos/photo-store.ts';
import { listStart } from '../storage/cursor.ts';
import type { Position } from '../storage/cursor.ts';
import { createStorage } from '../storage/postgres.ts';
import type { Storage } from '../storage/postgres.ts';
import { createFeedSource } from './create-feed-source.ts';
import { uncounted } from './feed-events.ts';
import type { FeedSource } from './feed-source.ts';
import type { FeedSettings } from './system.ts';

const people = [1, 2, 3, 4, 5];
const pageSize = 3;
/** So small that horizons and celebrities come about with a few posts and followers. */
const small = { outbox: 'on', celebrityFollowers: 2, feedRows: 4, activeFeeds: 0, workers: 1 } as const;

type Action =
  | { readonly do: 'post'; readonly who: number }
  | { readonly do: 'delete'; readonly nth: number }
  | { readonly do: 'follow' | 'unfollow'; readonly who: number; readonly whom: number }
  /** Reads a feed, which is kept from then on. */
  | { readonly do: 'read'; readonly who: number }
  | { readonly do: 'deliver' };

const person = fc.constantFrom(...people);
const pair = { who: person, whom: person };
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('post' as const), who: person }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('follow' as const), ...pair }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('unfollow' as const), ...pair }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), nth: fc.nat(30) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), who: person }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
  ),
  { minLength: 10, maxLength: 30 },
);

let database: TestDatabase;
let storage: Storage;
before(async () => {
  const named = people.map((id) => ({ id, name: `Person ${id}`, createdAtMs: 0 }));
  database = await createDatabaseOf({ people: named, follows: [], photos: [], likes: [], comments: [] });
  storage = createStorage(database.url, 4, () => {}, { hasOutbox: true });
  await connected(storage);
});
after(async () => {
  await storage.close();
  await database.drop();
});

const sql = (text: string) => storage.query({ name: text.slice(0, 40), text }, []);

/** What a feed is, told by brute force: the posts are in their order, since each comes after the one before. */
type Oracle = {
  readonly posts: { readonly id: number; readonly ownerId: number }[];
  readonly follows: Set<string>;
};
const feedBy = ({ posts, follows }: Oracle, reader: number): number[] =>
  posts
    .filter(({ ownerId }) => follows.has(`${reader} ${ownerId}`))
    .map(({ id }) => id)
    .toReversed();

async function allPages(source: FeedSource, reader: number): Promise<number[]> {
  const seen: number[] = [];
  let from: Position = listStart;
  for (;;) {
    const entries = (await source.read(reader, { from, limit: pageSize + 1 })) ?? [];
    const page = entries.slice(0, pageSize);
    seen.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (last === undefined || entries.length <= pageSize) return seen;
    from = { createdAtUs: last.created_at_us, id: last.id };
  }
}

function makeSource(settings: FeedSettings) {
  const fills: Promise<unknown>[] = [];
  const { feedSource } = createFeedSource({
    settings,
    storage,
    clock: createFakeClock(),
    observe: uncounted,
    inSpan: (_, work) => work(),
    runInBackground: (_, work) => void fills.push(work),
  });
  return { feedSource, filled: () => Promise.all(fills) };
}

async function act(
  action: Exclude<Action, { readonly do: 'read' | 'deliver' }>,
  oracle: Oracle,
): Promise<void> {
  const [photos, follows] = [createPhotoStore(storage), createFollowStore(storage)];
  const photo = { caption: '', digest: 'a'.repeat(64), widthPx: 1, heightPx: 1 };
  switch (action.do) {
    case 'post': {
      const added = await photos.add({ ...photo, ownerId: action.who });
      oracle.posts.push({ id: Number(added?.id), ownerId: action.who });
      return;
    }
    case 'delete': {
      const [gone] = oracle.posts.splice(action.nth % Math.max(1, oracle.posts.length), 1);
      if (gone !== undefined) await photos.remove(gone.id, gone.ownerId);
      return;
    }
    case 'follow':
    case 'unfollow': {
      const { who, whom } = action;
      if (who === whom) return;
      await (action.do === 'follow' ? follows.add(who, whom) : follows.remove(who, whom));
      if (action.do === 'follow') oracle.follows.add(`${who} ${whom}`);
      else oracle.follows.delete(`${who} ${whom}`);
      return;
    }
  }
}

/** Does all of it with feeds of one kind, and holds each feed against the oracle and against what pull says. */
async function checkFeeds(feed: 'push' | 'hybrid', todo: readonly Action[]): Promise<void> {
  await sql('TRUNCATE photos, follows, outbox, feeds, feed_rows, pulled_authors CASCADE');
  await sql('UPDATE users SET follower_count = 0');
  const settings: FeedSettings = { ...small, feed };
  const delivery = createFeedDelivery(database.url, settings);
  const [kept, pull] = [makeSource(settings), makeSource({ ...small, feed: 'pull' })];
  const oracle: Oracle = { posts: [], follows: new Set() };
  try {
    for (const action of todo) {
      if (action.do === 'deliver') await delivery.deliverAll();
      else if (action.do === 'read') await allPages(kept.feedSource, action.who).then(kept.filled);
      else await act(action, oracle);
    }
    await delivery.deliverAll();
    // The first reading may keep a feed, and the second one reads what was kept.
    for (const reader of [...people, ...people]) {
      const expected = feedBy(oracle, reader);
      assert.deepEqual(await allPages(pull.feedSource, reader), expected, `pull, reader ${reader}`);
      assert.deepEqual(await allPages(kept.feedSource, reader), expected, `${feed}, reader ${reader}`);
      await kept.filled();
    }
  } finally {
    await delivery.close();
  }
}

test('push, pull and hybrid give the same feed once the outbox is empty', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (todo) => {
      await checkFeeds('push', todo);
      await checkFeeds('hybrid', todo);
    }),
    { numRuns: 15 },
  );
});
