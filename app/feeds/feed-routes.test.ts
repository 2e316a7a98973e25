import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { photosNewestFirst, walkPages } from '../../tests/support/page-walk.ts';
import { assertProblem, startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';
import { village, villageRows } from '../../tests/support/village-rows.ts';

let app: TestApp;
before(async () => {
  app = await startTestApp();
});
after(() => app.close());

type Feed = { feeds: { postId: number; version: number }[]; nextCursor: string | null };

const feedOf = (viewer: number, cursor?: string | null) =>
  app.ask('GET', `/users/${viewer}/feeds${cursor ? `?cursor=${cursor}` : ''}`, { viewer });

const pagesOf = (viewer: number) =>
  walkPages<Feed>((query) => app.ask('GET', `/users/${viewer}/feeds${query}`, { viewer }));

describe('a feed', () => {
  it('has the newest photos of the people followed, ten to a page, in order of time and id', async () => {
    const pages = await pagesOf(village.reader);
    assert.deepEqual(
      pages.map(({ feeds }) => feeds.length),
      [10, 10, 10, 5],
    );
    assert.deepEqual(
      pages.flatMap(({ feeds }) => feeds.map(({ postId }) => postId)),
      photosNewestFirst(villageRows, [village.busy, village.sudden]),
    );
  });

  it('tells of each photo who posted it, and what others made of it', async () => {
    const pages = await pagesOf(village.reader);
    const oldest = pages.at(-1)?.feeds.find(({ postId }) => postId === village.discussed);
    assert.deepEqual(oldest, {
      postId: 1,
      version: 1,
      postOwnerId: village.busy,
      postOwnerName: 'Person 2',
      mediaURL: `/media/${'1'.padStart(64, '0')}`,
      caption: 'Photo 1',
      numberOfLikes: 3,
      numberOfComments: 45,
      comments: [
        { commenterUserId: 6, commenterName: 'Person 6', comment: 'Comment 45' },
        { commenterUserId: 5, commenterName: 'Person 5', comment: 'Comment 44' },
      ],
    });
  });

  it('is empty for who follows nobody, and for who follows people without photos', async () => {
    for (const viewer of [village.hermit, 4]) {
      const response = await feedOf(viewer);
      assert.deepEqual(response.json(), { feeds: [], nextCursor: null });
    }
  });

  it('ends without a cursor', async () => {
    assert.equal((await app.ask('PUT', `/users/${village.unknown}/follow`, { viewer: 28 })).statusCode, 204);
    const pages = await pagesOf(28);
    assert.deepEqual(
      pages.map(({ feeds, nextCursor }) => [feeds.length, nextCursor]),
      [[5, null]],
    );
  });

  it('costs two queries, however many people are followed', async () => {
    const earlier = await app.counters();
    await feedOf(village.reader);
    assert.equal((await app.counters()).storageQueries - earlier.storageQueries, 2);
  });

  it('changes neither order nor membership of later pages when a photo is posted in between', async () => {
    const [first] = await pagesOf(village.reader);
    const expected = (await pagesOf(village.reader)).slice(1).flatMap(({ feeds }) => feeds);
    await app.sql(
      `INSERT INTO photos (owner_id, caption, digest, width_px, height_px) VALUES ($1, '', $2, 1, 1)`,
      [village.busy, 'a'.repeat(64)],
    );
    const second = (await feedOf(village.reader, first?.nextCursor)).json<Feed>();
    assert.deepEqual(second.feeds, expected.slice(0, 10));
    await app.sql('DELETE FROM photos WHERE digest = $1', ['a'.repeat(64)]);
  });

  it('leaves out a photo that is gone', async () => {
    await app.sql('UPDATE photos SET deleted_at = now() WHERE id = 30');
    const [page] = await pagesOf(village.reader);
    assert.equal(page?.feeds[0]?.postId, 29);
    assert.equal(page?.feeds.length, 10);
    await app.sql('UPDATE photos SET deleted_at = NULL WHERE id = 30');
  });
});

describe('a feed is refused', () => {
  it('to others, to nobody, and to people who do not exist', async () => {
    const path = `/users/${village.reader}/feeds`;
    assertProblem(await app.ask('GET', path, { viewer: village.busy }), 403, 'FORBIDDEN');
    assertProblem(await app.ask('GET', path), 401, 'VIEWER_REQUIRED');
    assertProblem(await feedOf(village.nobody), 404, 'NOT_FOUND');
    assertProblem(await feedOf(village.nobody, 'MTc2NzIyNTYwMDAwMDAwMC4x'), 404, 'NOT_FOUND');
  });

  it('when the viewer’s name is no id', async () => {
    for (const name of ['', 'one', '0', '-1', '1.5', '2147483648', '30, 30', ' ']) {
      const headers = { 'Darkroom-Viewer': name };
      const response = await app.ask('GET', '/users/30/feeds', { headers });
      assert.ok([400, 401].includes(response.statusCode), `"${name}": ${response.statusCode}`);
    }
  });

  it('for a cursor that was not given out', async () => {
    const [page] = await pagesOf(village.reader);
    const good = String(page?.nextCursor);
    const bad = ['x', '!!!', `${good}x`, `${good}=`, `.${good}`, good.slice(1), encodeURIComponent('é')];
    for (const cursor of [...bad, Buffer.from('1.2.3').toString('base64url')])
      assertProblem(await feedOf(village.reader, cursor), 400, 'INVALID_CURSOR');
    for (const query of ['cursor=', `cursor=${'a'.repeat(65)}`, `cursor=${good}&cursor=${good}`]) {
      const response = await app.ask('GET', `/users/30/feeds?${query}`, { viewer: village.reader });
      assertProblem(response, 400, 'INVALID_REQUEST');
    }
  });
});
