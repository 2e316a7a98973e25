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

type Grid = { posts: { postId: number; mediaURL: string }[]; nextCursor: string | null };

describe('a profile', () => {
  it('shows the person and their photos, newest first, twelve to a page', async () => {
    const pages = await walkPages<Grid>((query) => app.ask('GET', `/users/${village.busy}/posts${query}`));
    assert.deepEqual(
      pages.map(({ posts }) => posts.length),
      [12, 12, 6],
    );
    assert.deepEqual(
      pages.flatMap(({ posts }) => posts.map(({ postId }) => postId)),
      photosNewestFirst(villageRows, [village.busy]),
    );
    const { posts: _, nextCursor: __, ...person } = pages[0] as Grid;
    assert.deepEqual(person, { userId: village.busy, name: 'Person 2', version: 1, numberOfPosts: 30 });
    assert.deepEqual(pages[0]?.posts[0], { postId: 30, mediaURL: `/media/${'1e'.padStart(64, '0')}` });
  });

  it('orders photos of one moment by id', async () => {
    const [page] = await walkPages<Grid>((query) => app.ask('GET', `/users/${village.sudden}/posts${query}`));
    assert.deepEqual(
      page?.posts.map(({ postId }) => postId),
      [35, 34, 33, 32, 31],
    );
  });

  it('carries its version, on the first page and on later ones', async () => {
    const first = await app.ask('GET', `/users/${village.busy}/posts`);
    const { nextCursor } = first.json<Grid>();
    const second = await app.ask('GET', `/users/${village.busy}/posts?cursor=${nextCursor}`);
    for (const response of [first, second]) assert.equal(response.headers['darkroom-entry-version'], '1');
  });

  it('is there for a person without photos, and needs no viewer', async () => {
    const response = await app.ask('GET', `/users/${village.hermit}/posts`);
    assert.deepEqual(response.json(), {
      userId: village.hermit,
      name: 'Person 29',
      version: 1,
      numberOfPosts: 0,
      posts: [],
      nextCursor: null,
    });
  });

  it('is 404 for an unknown person, on later pages too, and 400 for what is no id or cursor', async () => {
    const { nextCursor } = (await app.ask('GET', `/users/${village.busy}/posts`)).json<Grid>();
    for (const query of ['', `?cursor=${nextCursor}`])
      assertProblem(await app.ask('GET', `/users/${village.nobody}/posts${query}`), 404, 'NOT_FOUND');
    for (const id of ['me', '0', '1.5', '2147483648', '1e309'])
      assertProblem(await app.ask('GET', `/users/${id}/posts`), 400, 'INVALID_REQUEST');
    assertProblem(await app.ask('GET', `/users/${village.busy}/posts?cursor=zz`), 400, 'INVALID_CURSOR');
  });
});
