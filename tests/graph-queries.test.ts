import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import fc from 'fast-check';
import { pageSizes } from '../app/contract/entities.ts';
import { walkPages } from './support/page-walk.ts';
import { assertProblem, startTestApp } from './support/test-app.ts';
import type { TestApp } from './support/test-app.ts';

const runs = 15;
/** As many people as fill several pages of followers. */
const people = 60;
const nobody = people + 1;
/** Long ago, and next to each other: many rows share a microsecond, and none of them is new to a cache that looks at the time. */
const time = fc.nat(4);
const createdAt = (column: string) => `'2026-01-01Z'::timestamptz + ${column} * interval '1 microsecond'`;

let app: TestApp;
before(async () => {
  app = await startTestApp();
  // One connection: what is written here is told to no cache, since there is none.
  await app.sql("SELECT set_config('darkroom.keeps_versions', 'on', false)");
});
after(() => app.close());

async function empty(): Promise<void> {
  await app.sql('TRUNCATE users, follows, photos, likes, comments CASCADE');
  await app.sql(
    "INSERT INTO users (id, name) SELECT id, 'Person ' || id FROM generate_series(1, $1::integer) AS id",
    [people],
  );
}
beforeEach(empty);

type Follow = { readonly follower: number; readonly followed: number; readonly at: number };
type Post = { readonly id: number; readonly owner: number; readonly at: number; readonly isDeleted: boolean };
type Remark = {
  readonly id: number;
  readonly photo: number;
  readonly author: number;
  readonly at: number;
};
type Graph = {
  readonly follows: readonly Follow[];
  readonly posts: readonly Post[];
  readonly remarks: readonly Remark[];
};

const insertFollows = `
  INSERT INTO follows (follower_id, followed_id, created_at) SELECT follower, followed, ${createdAt('at')}
  FROM jsonb_to_recordset($1::jsonb) AS given (follower integer, followed integer, at integer)`;
const insertPosts = `
  INSERT INTO photos (id, owner_id, caption, digest, width_px, height_px, created_at, deleted_at)
  SELECT id, owner, '', repeat('a', 64), 1, 1, ${createdAt('at')}, CASE WHEN "isDeleted" THEN now() END
  FROM jsonb_to_recordset($1::jsonb) AS given (id integer, owner integer, at integer, "isDeleted" boolean)`;
const insertRemarks = `
  INSERT INTO comments (id, photo_id, author_id, text, created_at) SELECT id, photo, author, 'Remark ' || id, ${createdAt('at')}
  FROM jsonb_to_recordset($1::jsonb) AS given (id integer, photo integer, author integer, at integer)`;

async function store({ follows, posts, remarks }: Graph): Promise<void> {
  await app.sql(insertFollows, [JSON.stringify(follows)]);
  await app.sql(insertPosts, [JSON.stringify(posts)]);
  await app.sql(insertRemarks, [JSON.stringify(remarks)]);
}

/** A few people whom many follow, who post much, and who comment on each other's posts. */
const graph: fc.Arbitrary<Graph> = fc
  .record({
    follows: fc.uniqueArray(
      fc.record({
        follower: fc.integer({ min: 1, max: people }),
        followed: fc.integer({ min: 1, max: 3 }),
        at: time,
      }),
      { maxLength: 90, size: 'max', selector: ({ follower, followed }) => `${follower} ${followed}` },
    ),
    posts: fc.array(fc.record({ owner: fc.integer({ min: 1, max: 3 }), at: time, isDeleted: fc.boolean() }), {
      minLength: 1,
      maxLength: 60,
      size: 'max',
    }),
    remarks: fc.array(fc.record({ photo: fc.nat(), author: fc.integer({ min: 1, max: 4 }), at: time }), {
      maxLength: 250,
      size: 'max',
    }),
  })
  .map(({ follows, posts, remarks }) => ({
    follows: follows.filter(({ follower, followed }) => follower !== followed),
    posts: posts.map((post, index) => ({ ...post, id: index + 1 })),
    remarks: remarks.map((remark, index) => ({
      ...remark,
      id: index + 1,
      photo: 1 + (remark.photo % posts.length),
    })),
  }));

type Dated = { readonly id: number; readonly at: number };
const newestFirst = (rows: readonly Dated[]): number[] =>
  rows.toSorted((a, b) => b.at - a.at || b.id - a.id).map(({ id }) => id);

/** Every query, answered by looking at every row. */
const oracle = {
  followers: ({ follows }: Graph, x: number) =>
    newestFirst(
      follows.filter(({ followed }) => followed === x).map(({ follower, at }) => ({ id: follower, at })),
    ),
  posts: ({ posts }: Graph, x: number) =>
    newestFirst(posts.filter(({ owner, isDeleted }) => owner === x && !isDeleted)),
  commentsBy: ({ posts, remarks }: Graph, x: number, y: number) => {
    const ofX = new Set(posts.flatMap(({ id, owner, isDeleted }) => (owner === x && !isDeleted ? [id] : [])));
    return newestFirst(remarks.filter(({ author, photo }) => author === y && ofX.has(photo)));
  },
};

type Next = { readonly nextCursor: string | null };
type Followers = Next & { readonly followers: readonly { readonly userId: number }[] };
type Posts = Next & { readonly posts: readonly { readonly postId: number }[] };
type CommentsBy = Next & {
  readonly comments: readonly {
    readonly commentId: number;
    readonly postId: number;
    readonly commenterUserId: number;
    readonly commenterName: string;
    readonly comment: string;
  }[];
};

const walk = <Page extends Next>(path: string) =>
  walkPages<Page>((query) =>
    app.ask('GET', path.includes('?') ? path + query.replace('?', '&') : path + query),
  );

const asked = {
  followers: async (x: number) =>
    (await walk<Followers>(`/users/${x}/followers`)).flatMap(({ followers }) =>
      followers.map(({ userId }) => userId),
    ),
  posts: async (x: number) =>
    (await walk<Posts>(`/users/${x}/posts`)).flatMap(({ posts }) => posts.map(({ postId }) => postId)),
  commentsBy: async (x: number, y: number) =>
    (await walk<CommentsBy>(`/users/${x}/posts/comments?by=${y}`)).flatMap(({ comments }) => comments),
};

it('DI-6: the three graph queries give exactly what a look at every row gives, on random graphs', async () => {
  const property = fc.asyncProperty(graph, async (given) => {
    await empty();
    await store(given);
    for (const x of [1, 2, 3, 4]) {
      assert.deepEqual(await asked.followers(x), oracle.followers(given, x), `followers of ${x}`);
      assert.deepEqual(await asked.posts(x), oracle.posts(given, x), `posts of ${x}`);
      for (const y of [1, 2, 3, 4, nobody]) {
        const found = await asked.commentsBy(x, y);
        const expected = oracle.commentsBy(given, x, y);
        assert.deepEqual(
          found.map(({ commentId }) => commentId),
          expected,
          `by ${y} on posts of ${x}`,
        );
        for (const one of found)
          assert.deepEqual(one, {
            commentId: one.commentId,
            postId: given.remarks.find(({ id }) => id === one.commentId)?.photo,
            commenterUserId: y,
            commenterName: `Person ${y}`,
            comment: `Remark ${one.commentId}`,
          });
      }
    }
  });
  await fc.assert(property, { numRuns: runs });
});

it('comments by somebody are 404 for an unknown owner, and 400 without an author or with a bad cursor', async () => {
  assertProblem(await app.ask('GET', `/users/${nobody}/posts/comments?by=1`), 404, 'NOT_FOUND');
  assertProblem(await app.ask('GET', '/users/1/posts/comments'), 400, 'INVALID_REQUEST');
  assertProblem(await app.ask('GET', '/users/1/posts/comments?by=me'), 400, 'INVALID_REQUEST');
  assertProblem(await app.ask('GET', '/users/1/posts/comments?by=2&cursor=zz'), 400, 'INVALID_CURSOR');
  const read = await app.ask('GET', '/users/1/posts/comments?by=2');
  assert.deepEqual(read.json(), { comments: [], nextCursor: null });
  assert.equal(read.headers['cache-status'], 'darkroom; fwd=bypass');
});

/** A list that is read page by page while its rows come and go. Rows are told apart by an id, from 2 on. */
type WalkedList = {
  readonly path: string;
  /** What must be there whatever the list has. */
  readonly ground: Partial<Graph>;
  readonly idsIn: (page: unknown) => readonly number[];
  readonly insert: (rows: readonly Dated[]) => Promise<unknown>;
  readonly remove: (id: number) => Promise<unknown>;
};

const post = (id: number, owner: number, at: number): Post => ({ id, owner, at, isDeleted: false });
const json = (rows: readonly object[]): unknown[] => [JSON.stringify(rows)];
const somePosts = [1, 2, 3].map((id) => post(id, 1, id));

const lists: Readonly<Record<string, WalkedList>> = {
  'followers of X': {
    path: '/users/1/followers',
    ground: {},
    idsIn: (page) => (page as Followers).followers.map(({ userId }) => userId),
    insert: (rows) =>
      app.sql(insertFollows, json(rows.map(({ id, at }) => ({ follower: id, followed: 1, at })))),
    remove: (id) => app.sql('DELETE FROM follows WHERE follower_id = $1', [id]),
  },
  'posts of X': {
    path: '/users/1/posts',
    ground: {},
    idsIn: (page) => (page as Posts).posts.map(({ postId }) => postId),
    insert: async (rows) => {
      await app.sql('DELETE FROM photos WHERE id = ANY ($1::integer[])', [rows.map(({ id }) => id)]);
      await app.sql(insertPosts, json(rows.map(({ id, at }) => post(id, 1, at))));
    },
    remove: (id) => app.sql('UPDATE photos SET deleted_at = now() WHERE id = $1', [id]),
  },
  'comments on a post': {
    path: '/photos/1/comments',
    ground: { posts: somePosts },
    idsIn: (page) =>
      (page as CommentsBy).comments.map(({ comment }) => Number(comment.replace('Remark ', ''))),
    insert: (rows) =>
      app.sql(insertRemarks, json(rows.map((one) => ({ ...one, photo: 1, author: 1 + (one.id % 5) })))),
    remove: (id) => app.sql('DELETE FROM comments WHERE id = $1', [id]),
  },
  'comments by Y on posts of X': {
    path: '/users/1/posts/comments?by=2',
    ground: { posts: somePosts },
    idsIn: (page) => (page as CommentsBy).comments.map(({ commentId }) => commentId),
    insert: (rows) =>
      app.sql(insertRemarks, json(rows.map((one) => ({ ...one, photo: 1 + (one.id % 3), author: 2 })))),
    remove: (id) => app.sql('DELETE FROM comments WHERE id = $1', [id]),
  },
};

const row = fc.record({ id: fc.integer({ min: 2, max: people }), at: time });
/** What is there at first, which takes more than a page, and what is written behind each page: a row that is there goes, one that is not comes. */
const walkWithWrites = fc.record({
  first: fc.uniqueArray(row, {
    minLength: pageSizes.followers + 1,
    maxLength: people - 1,
    size: 'max',
    selector: ({ id }) => id,
  }),
  writes: fc.array(fc.array(row, { minLength: 1, maxLength: 6, size: 'max' }), {
    minLength: 1,
    maxLength: 6,
    size: 'max',
  }),
});

for (const [name, list] of Object.entries(lists)) {
  it(`DI-6: a walk through the ${name} misses nothing that is there throughout and shows nothing of it twice, whatever comes and goes between pages`, async () => {
    let interrupted = 0;
    const property = fc.asyncProperty(walkWithWrites, async ({ first, writes }) => {
      await empty();
      await store({ follows: [], posts: [], remarks: [], ...list.ground });
      await list.insert(first);
      const present = new Set(first.map(({ id }) => id));
      const throughout = new Set(present);
      const ever = new Set(present);
      const pending = [...writes];
      const seen = (
        await walkPages(async (query) => {
          const separator = list.path.includes('?') ? '&' : '?';
          const page = await app.ask('GET', list.path + query.replace('?', separator));
          const batch = page.json<Next>().nextCursor === null ? [] : (pending.shift() ?? []);
          if (batch.length > 0) interrupted += 1;
          for (const one of batch) {
            if (present.delete(one.id)) {
              throughout.delete(one.id);
              await list.remove(one.id);
            } else {
              present.add(one.id);
              ever.add(one.id);
              await list.insert([one]);
            }
          }
          return page;
        })
      ).flatMap(list.idsIn);
      const steady = seen.filter((id) => throughout.has(id));
      assert.equal(new Set(steady).size, steady.length, 'something is shown twice');
      assert.deepEqual(new Set(steady), throughout, 'something is missed');
      assert.ok(seen.every((id) => ever.has(id)));
    });
    await fc.assert(property, { numRuns: runs });
    assert.ok(interrupted >= runs, `only ${interrupted} writes came between two pages`);
  });
}
