import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { walkPages } from '../../tests/support/page-walk.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village, villageRows } from '../../tests/support/village-rows.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

type Comments = { version: number; comments: { comment: string }[]; nextCursor: string | null };

const comment = (photoId: number, viewer: number, body: string | object) =>
  app.askAgain('POST', `/photos/${photoId}/comments`, { viewer, body });

const stored = async (photoId: number) => {
  const [row] = await app.sql(
    `SELECT version, comments_version, comment_count,
       (SELECT count(*)::integer FROM comments WHERE photo_id = photos.id) AS rows
     FROM photos WHERE id = $1`,
    [photoId],
  );
  return row;
};

describe('the comments on a photo', () => {
  it('are listed newest first, twenty to a page', async () => {
    const pages = await walkPages<Comments>((query) =>
      app.ask('GET', `/photos/${village.discussed}/comments${query}`),
    );
    assert.deepEqual(
      pages.map(({ comments }) => comments.length),
      [20, 20, 5],
    );
    const expected = villageRows.comments
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs || b.id - a.id)
      .map(({ authorId, text }) => ({
        commenterUserId: authorId,
        commenterName: `Person ${authorId}`,
        comment: text,
      }));
    assert.deepEqual(
      pages.flatMap(({ comments }) => comments),
      expected,
    );
  });

  it('are none on a photo without any, and 404 on one that does not exist', async () => {
    const response = await app.ask('GET', '/photos/20/comments');
    assert.deepEqual(response.json(), { version: 1, comments: [], nextCursor: null });
    assertProblem(await app.ask('GET', `/photos/${village.nobody}/comments`), 404, 'NOT_FOUND');
    assertProblem(await app.ask('GET', '/photos/1/comments?cursor=zz'), 400, 'INVALID_CURSOR');
  });
});

describe('commenting', () => {
  it('adds one comment and raises the versions of the photo and of its comments by one', async () => {
    const text = 'Wie schön — "so" \\ <b>🙂</b>\n';
    const response = await comment(21, 7, { comment: text });
    assert.equal(response.statusCode, 201, response.body);
    const added = response.json<{ id: number; version: number }>();
    assert.equal(added.version, 2);
    assert.ok(added.id > 45, 'ids go on behind the seeded ones');
    assert.deepEqual(await stored(21), { version: 2, comments_version: 2, comment_count: 1, rows: 1 });
    const own = { commenterUserId: 7, commenterName: 'Person 7', comment: text };
    const list = (await app.ask('GET', '/photos/21/comments')).json<Comments>();
    assert.deepEqual(list, { version: 2, comments: [own], nextCursor: null });
    const page = (await app.ask('GET', '/photos/21')).json<{
      comments: unknown[];
      numberOfComments: number;
    }>();
    assert.deepEqual([page.comments, page.numberOfComments], [[own], 1]);
  });

  it('is counted exactly when many comment at once', async () => {
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, index) => comment(22, 1 + (index % 5), { comment: `no ${index}` })),
    );
    const versions = responses.map((response) => response.json<{ version: number }>().version);
    assert.equal(new Set(versions).size, 30, 'each commit has its own version');
    assert.deepEqual(await stored(22), { version: 31, comments_version: 31, comment_count: 30, rows: 30 });
  });

  it('changes nothing when it is refused', async () => {
    const before = await stored(23);
    assertProblem(await comment(23, village.nobody, { comment: 'x' }), 404, 'NOT_FOUND');
    assertProblem(await comment(village.nobody, 7, { comment: 'x' }), 404, 'NOT_FOUND');
    const anonymous = await app.ask('POST', '/photos/23/comments', { body: { comment: 'x' } });
    assertProblem(anonymous, 401, 'VIEWER_REQUIRED');
    for (const body of [
      {},
      { comment: '' },
      { comment: null },
      { comment: 5 },
      { comment: 'a\u0000b' },
      { comment: 'x'.repeat(2_201) },
      { comment: 'x', version: 9 },
    ])
      assertProblem(await comment(23, 7, body), 400, 'INVALID_REQUEST');
    assert.deepEqual(await stored(23), before);
  });
});
