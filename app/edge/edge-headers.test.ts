import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestApp } from '../../tests/support/test-app.ts';
import type { TestApp } from '../../tests/support/test-app.ts';

type Request = Parameters<TestApp['ask']>;

/** Asks as an edge does that passes a request on. */
const askBehindEdge = (app: TestApp, ...[method, path, options = {}]: Request) =>
  app.ask(method, path, {
    ...options,
    headers: { ...options.headers, 'surrogate-capability': 'edge="Surrogate/1.0"' },
  });

/** What an answer says to caches. */
const saidBy = async (app: TestApp, ...request: Request) => {
  const { headers, statusCode } = await askBehindEdge(app, ...request);
  return {
    statusCode,
    cacheControl: headers['cache-control'],
    ofEdge: headers['cdn-cache-control'],
    keys: headers['surrogate-key'],
    purge: headers['surrogate-purge'],
    vary: headers['vary'],
  };
};

const ofOne = { cacheControl: 'private, no-store', ofEdge: undefined, keys: undefined, vary: undefined };

describe('a service with an edge', () => {
  let app: TestApp;
  before(async () => {
    app = await startTestApp({ candidate: 'no-cache:edge=on,edge-ttl=20s,edge-stale=1m' });
  });
  after(() => app.close());

  it('says of what nobody in particular has asked for how long the edge keeps it, and under which keys', async () => {
    for (const [path, key] of [
      ['/photos/1', 'photo-1'],
      ['/photos/1/comments', 'comments-1'],
      ['/users/1/posts', 'profile_grid-1'],
      ['/users/1/followers', 'followers-1'],
    ] as const)
      assert.deepEqual(
        await saidBy(app, 'GET', path),
        {
          statusCode: 200,
          cacheControl: 'public, max-age=0',
          ofEdge: 'max-age=20, stale-while-revalidate=60, stale-if-error=60',
          keys: `pages ${key}`,
          purge: undefined,
          vary: 'Authorization, Cookie, Darkroom-Viewer',
        },
        path,
      );
  });

  it('says it of nothing that depends on who asks, and of no error', async () => {
    const asked: readonly Request[] = [
      ['GET', '/photos/1', { viewer: 2 }],
      ['GET', '/users/2/feeds', { viewer: 2 }],
      ['GET', '/photos/1', { headers: { authorization: 'Bearer x' } }],
      ['GET', '/photos/1', { headers: { authorization: 'Basic x' } }],
      ['GET', '/photos/1', { headers: { cookie: '__Host-darkroom=x' } }],
      ['GET', '/photos/99999'],
      ['GET', '/photos/none'],
      ['GET', '/users/1/feeds'],
    ];
    for (const request of asked) {
      const { statusCode, purge, ...said } = await saidBy(app, ...request);
      assert.deepEqual(said, ofOne, `${JSON.stringify(request)} ${statusCode}`);
      assert.equal(purge, undefined);
    }
  });

  it('says of a write what it has changed, and of one that was refused nothing', async () => {
    const purgeOf = async (...request: Request) => (await saidBy(app, ...request)).purge;
    const asTwo = { viewer: 2 };
    assert.equal(await purgeOf('PUT', '/photos/1/like', asTwo), 'photo-1');
    assert.equal(
      await purgeOf('POST', '/photos/1/comments', { ...asTwo, body: { comment: 'x' } }),
      'photo-1 comments-1',
    );
    assert.equal(await purgeOf('PUT', '/users/1/follow', asTwo), 'followers-1');
    const asStranger = { viewer: 29, body: { caption: 'x' } };
    assert.equal((await app.ask('PATCH', '/photos/1', asStranger)).statusCode, 403);
    assert.equal(await purgeOf('PATCH', '/photos/1', asStranger), undefined);
    assert.equal(await purgeOf('PUT', '/photos/1/like'), undefined);
  });

  it('says of a write which version it has made, where its answer names one', async () => {
    const versionOf = async (...request: Request) => {
      const { headers, body } = await askBehindEdge(app, ...request);
      const named = /"version":(\d+)/.exec(body)?.[1] ?? 'none';
      return String(headers['surrogate-version']).replaceAll(`=${named}`, '=N');
    };
    const asTwo = { viewer: 2 };
    assert.equal(await versionOf('PUT', '/photos/4/like', asTwo), 'photo-4=N');
    assert.equal(await versionOf('PATCH', '/photos/4', { ...asTwo, body: { caption: 'x' } }), 'photo-4=N');
    assert.equal(
      await versionOf('POST', '/photos/4/comments', { ...asTwo, body: { comment: 'x' } }),
      'comments-4=N',
    );
    assert.equal(await versionOf('DELETE', '/photos/4', asTwo), 'photo-4=gone comments-4=gone');
    for (const [method, path] of [
      ['DELETE', '/photos/4'],
      ['PUT', '/users/1/follow'],
      ['GET', '/photos/1'],
    ] as const)
      assert.equal(await versionOf(method, path, asTwo), 'undefined', path);
  });

  it('lets an account that is gone take all along also where its deletion is sent once more', async () => {
    const purgeOf = async (path: string, viewer?: number) =>
      (await saidBy(app, 'DELETE', path, viewer === undefined ? {} : { viewer })).purge;
    assert.equal(await purgeOf('/users/99999', 99_999), 'pages images');
    assert.equal(await purgeOf('/users/99999', 3), undefined);
    assert.equal(await purgeOf('/users/99999'), undefined);
    assert.equal(await purgeOf('/users/none', 3), undefined);
    assert.equal(await purgeOf('/photos/99999/like', 3), undefined);
    assert.equal(await purgeOf('/photos/99999', 3), 'photo-99999 comments-99999 profile_grid-3');
    assert.equal(await purgeOf('/photos/1', 29), undefined);
  });

  it('lets all pages go after a change of rights, and says on every answer since that there was one', async () => {
    const numberOf = async (...request: Request) => {
      const { headers } = await askBehindEdge(app, ...request);
      const [, person, account] = /^(\d+) (\d+)$/.exec(String(headers['surrogate-rights'])) ?? [];
      return { person: Number(person), account: Number(account) };
    };
    const before = await numberOf('GET', '/photos/31');
    const said = await saidBy(app, 'PUT', '/users/2/privacy', { viewer: 2, body: { isPrivate: true } });
    assert.equal(said.purge, 'pages');
    for (const path of ['/photos/31', '/photos/1', '/health/ready', '/none']) {
      const { person, account } = await numberOf('GET', path);
      assert.ok(person > before.person, path);
      assert.equal(account, before.account);
    }
    // Of what is hidden from who asks, and of what is not there, the same is said.
    const [hidden, absent] = await Promise.all(
      [5, 999_999].map(async (id) => {
        const { statusCode, headers } = await askBehindEdge(app, 'DELETE', `/photos/${id}`, { viewer: 29 });
        return [statusCode, String(headers['surrogate-purge']).replaceAll(`-${id}`, '-N')];
      }),
    );
    assert.deepEqual(hidden, [404, absent?.[1]]);
    assert.match(String(hidden?.[1]), /photo-N/);
    await app.ask('DELETE', '/users/5', { viewer: 5 });
    const { person, account } = await numberOf('GET', '/photos/31');
    assert.ok(account === person && account > before.person);
  });

  it('says nothing that is for the edge alone to who asks past it, and the rest as ever', async () => {
    const asked: readonly Request[] = [
      ['GET', '/photos/31'],
      ['GET', '/photos/31', { viewer: 2 }],
      ['PUT', '/photos/31/like', { viewer: 2 }],
      ['PUT', '/users/4/privacy', { viewer: 4, body: { isPrivate: true } }],
      ['GET', '/none'],
    ];
    for (const request of asked) {
      const { headers } = await app.ask(...request);
      const ofEdge = Object.keys(headers).filter((name) => /^(surrogate|cdn)-/.test(name));
      assert.deepEqual(ofEdge, [], JSON.stringify(request));
    }
    const { headers } = await app.ask('GET', '/photos/31');
    assert.equal(headers['cache-control'], 'public, max-age=0');
    assert.equal(headers['vary'], 'Authorization, Cookie, Darkroom-Viewer');
    assert.equal(
      (await app.ask('GET', '/photos/31', { viewer: 2 })).headers['cache-control'],
      'private, no-store',
    );
  });

  it('says of a write that has failed inside that it has changed nothing, whoever sends it', async () => {
    await app.sql('ALTER TABLE photos RENAME TO photos_away');
    try {
      for (const options of [{}, { viewer: 3 }]) {
        const { statusCode, purge } = await saidBy(app, 'DELETE', '/photos/31', options);
        assert.ok(statusCode === 401 || statusCode >= 500, String(statusCode));
        assert.equal(purge, undefined);
      }
    } finally {
      await app.sql('ALTER TABLE photos_away RENAME TO photos');
    }
  });
});

it('names what a change of rights, or a deletion, takes away also where content goes by its time alone', async () => {
  const app = await startTestApp({ candidate: 'no-cache:edge=on,edge-purge=ttl' });
  try {
    assert.equal((await saidBy(app, 'PUT', '/photos/1/like', { viewer: 2 })).purge, undefined);
    const said = await saidBy(app, 'PUT', '/users/2/block', { viewer: 3 });
    assert.equal(said.purge, 'pages');
    assert.equal(
      (await saidBy(app, 'DELETE', '/photos/3', { viewer: 2 })).purge,
      'photo-3 comments-3 profile_grid-2',
    );
    assert.equal((await saidBy(app, 'GET', '/photos/1')).ofEdge, 'max-age=5');
  } finally {
    await app.close();
  }
});
