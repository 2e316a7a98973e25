import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { operations, pathOf, peopleOperations } from '../../app/contract/operations.ts';
import { findTestVarnish, untilStale } from '../support/edge-under-test.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { Scripted } from './scripted-origin.ts';
import { brief, fresh, startForFile } from './conformance-edge.ts';

const varnish = await findTestVarnish();
const at = startForFile(varnish);

describe('RFC 5861: stale answers that are allowed', { skip: at.skip, concurrency: true }, () => {
  const stale = { 'cache-control': `${brief}, stale-while-revalidate=60, stale-if-error=60` };

  it('gives the stale one at once, asks once behind it, and gives the new one afterwards', async () => {
    const answered = Promise.withResolvers<void>();
    const path = await at.askedPath(
      { headers: stale, body: 'old' },
      { headers: fresh, body: 'new', after: answered.promise },
    );
    await untilStale(at.edge, path);
    const answers = await Promise.all(Array.from({ length: 5 }, () => at.edge.ask(path)));
    assert.deepEqual([...new Set(answers.map(({ body }) => body))], ['old']);
    for (const { headers } of answers)
      assert.match(String(headers['cache-status']), /^edge; hit; ttl=-?\d+$/);
    await waitUntil(() => at.origin.seen(path).length === 2);
    answered.resolve();
    await waitUntil(async () => (await at.edge.ask(path)).body === 'new');
    assert.equal(at.origin.seen(path).length, 2);
  });

  it('gives the stale one where the origin does not answer, and where it fails', async () => {
    const failing: readonly Scripted[] = [
      { isCut: true },
      { status: 500, body: 'failed' },
      { status: 503, headers: { 'cache-control': 'private, no-store' }, body: 'failed' },
    ];
    await Promise.all(failing.map((then) => isStillGiven(then)));
  });

  async function isStillGiven(then: Scripted): Promise<void> {
    const path = await at.askedPath({ headers: stale, body: 'old' }, then);
    await untilStale(at.edge, path);
    // What failed behind one of them must not show in the next.
    for (const times of [2, 3, 4]) {
      assert.equal((await at.edge.ask(path)).body, 'old', JSON.stringify(then));
      await waitUntil(() => at.origin.seen(path).length >= times);
    }
    assert.equal((await at.edge.ask(path)).body, 'old', JSON.stringify(then));
  }
});

describe('RFC 9111, section 4.3: validation', { skip: at.skip, concurrency: true }, () => {
  const tagged = { 'cache-control': brief, etag: '"one"' };

  it('4.3.1 and 4.3.4: asks by the tag it has, and a 304 makes that fresh again, with what it says now', async () => {
    const path = await at.askedPath(
      { headers: { ...tagged, 'x-note': 'first' }, body: 'kept' },
      { status: 304, headers: { ...fresh, etag: '"one"', 'x-note': 'second' } },
    );
    await untilStale(at.edge, path);
    const again = await at.edge.ask(path);
    assert.deepEqual([again.status, again.body, again.headers['x-note']], [200, 'kept', 'second']);
    const asked = at.origin.seen(path);
    assert.equal(asked.at(-1)?.headers['if-none-match'], '"one"');
    assert.equal((await at.edge.ask(path)).body, 'kept');
    assert.equal(at.origin.seen(path).length, asked.length, 'it is fresh for as long as the 304 says');
  });

  it('3.2: a 304 changes all that it says but the length of what is kept, for who asked and those behind', async () => {
    const before = {
      'x-note': 'one',
      'content-type': 'text/x-one',
      'content-security-policy': 'one',
      'x-left': 'left',
    };
    const now = { 'x-note': 'two', 'content-type': 'text/x-two', 'content-security-policy': 'two' };
    const path = await at.askedPath(
      { headers: { ...tagged, ...before }, body: 'kept' },
      { status: 304, headers: { ...fresh, etag: '"one"', ...now, 'content-length': '99' } },
    );
    await untilStale(at.edge, path);
    for (let times = 0; times < 2; times += 1) {
      const { body, headers } = await at.edge.ask(path);
      assert.deepEqual([body, headers['content-length'], headers['x-left']], ['kept', '4', 'left']);
      for (const [name, value] of Object.entries(now)) assert.equal(headers[name], value, name);
    }
    assert.equal(at.origin.seen(path).at(-1)?.headers['if-none-match'], '"one"');
  });

  it('4.3.1: asks with the headers by which the answer varies', async () => {
    const path = at.newPath();
    const headers = { 'x-language': 'de' };
    at.origin.plays(path, { headers: { ...tagged, vary: 'X-Language' }, body: 'kept' });
    await at.edge.ask(path, { headers });
    at.origin.plays(path, { status: 304, headers: { ...fresh, etag: '"one"', vary: 'X-Language' } });
    await waitUntil(async () => {
      await at.edge.ask(path, { headers });
      return at.origin.seen(path).at(-1)?.headers['if-none-match'] !== undefined;
    });
    assert.equal(at.origin.seen(path).at(-1)?.headers['x-language'], 'de');
  });

  it('4.3.3: a whole answer takes the place of the one that was asked about', async () => {
    const path = await at.askedPath(
      { headers: tagged, body: 'old' },
      { headers: { ...fresh, etag: '"two"' }, body: 'new' },
    );
    await untilStale(at.edge, path);
    assert.equal((await at.edge.ask(path)).body, 'new');
  });

  it('4.3.3: that the origin fails is told, and what was asked about does not pass for its answer', async () => {
    const path = await at.askedPath({ headers: tagged, body: 'old' }, { status: 500, body: 'failed' });
    await untilStale(at.edge, path);
    const answer = await at.edge.ask(path);
    assert.deepEqual([answer.status, answer.body], [500, 'failed']);
  });

  it('4.3.2: whoever has it is told so, by its tag in any strength, or else by its date', async () => {
    const path = at.newPath();
    const date = 'Thu, 01 Jan 2015 00:00:00 GMT';
    at.origin.plays(path, { headers: { ...fresh, etag: '"one"', 'last-modified': date } });
    await at.edge.ask(path);
    const withCondition = async (headers: Record<string, string>) =>
      (await at.edge.ask(path, { headers })).status;
    for (const tags of ['"one"', 'W/"one"', '"zero", "one"', '*'])
      assert.equal(await withCondition({ 'if-none-match': tags }), 304, tags);
    const { headers: told } = await at.edge.ask(path, { headers: { 'if-none-match': '"one"' } });
    assert.equal(told.etag, '"one"', 'RFC 9110, 15.4.5: a 304 names it');
    const longAgo = { 'if-none-match': '"one"', 'if-modified-since': 'Wed, 01 Jan 2014 00:00:00 GMT' };
    assert.equal(await withCondition(longAgo), 304, 'the date does not matter beside a tag');
    assert.equal(await withCondition({ 'if-none-match': '"two"' }), 200);
    assert.equal(await withCondition({ 'if-modified-since': date }), 304);
    assert.equal(await withCondition({ 'if-modified-since': 'Wed, 01 Jan 2014 00:00:00 GMT' }), 200);
    assert.equal(await withCondition({ 'if-none-match': '"two"', 'if-modified-since': date }), 200);
    assert.equal(at.origin.seen(path).length, 1);
  });
});

describe('RFC 9111, section 4.4: invalidation', { skip: at.skip }, () => {
  async function writeTo(method: string, status: number): Promise<string> {
    const path = at.newPath();
    at.origin.plays(path, ({ method: asked }) =>
      asked === 'GET' ? { headers: fresh, body: 'x' } : { status, body: '' },
    );
    await at.edge.ask(path);
    await at.edge.ask(path, { method, body: 'x' });
    return path;
  }

  it('a write that was done takes away what was kept of its target', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH'])
      for (const status of [200, 201, 204, 303]) {
        const path = await writeTo(method, status);
        await at.edge.ask(path);
        assert.equal(
          at.origin.seen(path).filter((seen) => seen.method === 'GET').length,
          2,
          `${method} ${status}`,
        );
      }
  });

  it('also where the address is kept in another form', async () => {
    const path = at.newPath();
    at.origin.plays(path, ({ method }) => (method === 'GET' ? { headers: fresh, body: 'x' } : { body: '' }));
    const [asked, written] = [`${path}?b=2&a=1`, `${path}?b=2&utm_source=x&a=1`];
    await at.edge.ask(asked);
    await at.edge.ask(written, { method: 'PUT', body: 'x' });
    await at.edge.ask(asked);
    assert.deepEqual(
      at.origin.seen(path).map(({ method, url }) => [method, url]),
      [
        ['GET', `${path}?a=1&b=2`],
        ['PUT', written],
        ['GET', `${path}?a=1&b=2`],
      ],
    );
  });

  it('one that was refused does not', async () => {
    for (const status of [400, 403, 404, 500, 503]) {
      const path = await writeTo('PUT', status);
      await at.edge.ask(path);
      assert.equal(at.origin.seen(path).filter((seen) => seen.method === 'GET').length, 1, String(status));
    }
  });

  it('a safe method does not', async () => {
    for (const method of ['HEAD', 'OPTIONS']) {
      const path = await writeTo(method, 200);
      await at.edge.ask(path);
      assert.equal(at.origin.seen(path).filter((seen) => seen.method === 'GET').length, 1, method);
    }
  });
});

describe('purges by key', { skip: at.skip }, () => {
  const page = (keys: string) => ({ headers: { ...fresh, 'surrogate-key': keys } });
  const write = async (purge: string, status = 200) => {
    const path = at.newPath();
    at.origin.plays(path, { status, headers: { 'surrogate-purge': purge }, body: '' });
    const { headers } = await at.edge.ask(path, { method: 'PUT', body: 'x' });
    assert.equal(headers['surrogate-purge'], undefined, 'it is for the edge alone');
  };

  it('a write takes away all that is kept under its keys before it is answered, and nothing else', async () => {
    const [one, both, other] = [at.newPath(), at.newPath(), at.newPath()];
    at.origin.plays(one, page('pages photo-1'));
    at.origin.plays(both, page('pages photo-1 photo-2'));
    at.origin.plays(other, page('pages photo-11'));
    for (const path of [one, both, other])
      assert.equal((await at.edge.ask(path)).headers['surrogate-key'], undefined);
    await write('photo-1');
    for (const path of [one, both, other]) await at.edge.ask(path);
    assert.deepEqual(
      [one, both, other].map((path) => at.origin.seen(path).length),
      [2, 2, 1],
    );
    await write('pages', 404);
    for (const path of [one, both, other]) await at.edge.ask(path);
    assert.deepEqual(
      [one, both, other].map((path) => at.origin.seen(path).length),
      [3, 3, 2],
      'also where a deletion that is sent again finds nothing',
    );
    // What the first write took away may still be counted by the second: Varnish drops it in a thread of its own, when that gets the CPU.
    await waitUntil(() => at.edge.purged.includes(2) && at.edge.purged.some((objects) => objects >= 3));
  });

  /** What is asked for once more, and who answers. */
  const outcomesOf = async (paths: readonly string[]) =>
    (await Promise.all(paths.map((path) => at.edge.ask(path)))).map(({ outcome }) => outcome);

  it('nobody takes anything away by a write that the service does not answer, or refuses', async () => {
    const kept = [at.newPath(), `/media/${'ab'.repeat(32)}`] as const;
    at.origin.plays(kept[0], page('pages photo-5'));
    at.origin.plays(kept[1], page('images'));
    for (const path of kept) await at.edge.ask(path);
    const { deleteAccount, setPrivacy, block, acceptFollow } = peopleOperations;
    const sent = [deleteAccount, setPrivacy, block, acceptFollow, operations.deletePhoto].map(
      ({ method, route }) => ({ method, path: pathOf(route, { userId: 7, followerId: 8, photoId: 9 }) }),
    );
    for (const { method, path } of [...sent, { method: 'PUT', path: kept[0] }])
      for (const answer of [{ isCut: true }, { status: 503 }, { status: 403 }]) {
        at.origin.plays(path, (asked) => (asked.method === 'GET' ? page('pages photo-5') : answer));
        const { status } = await at.edge.ask(path, { method, body: 'x' });
        assert.equal(status, answer.status ?? 503);
        assert.deepEqual(await outcomesOf(kept), ['hit', 'hit'], `${method} ${path} ${status}`);
      }
  });

  it('an address takes away itself alone, whatever keys stand in it', async () => {
    const kept = [at.newPath(), `/media/${'cd'.repeat(32)}`] as const;
    at.origin.plays(kept[0], page('pages photo-8'));
    at.origin.plays(kept[1], page('images'));
    const own = at.newPath();
    at.origin.plays(own, ({ method }) => (method === 'GET' ? { headers: fresh } : { status: 204 }));
    for (const keys of [',pages,images,photo-8', 'x=1,at=,pages', ',images']) {
      for (const path of [...kept, `${own}?${keys}`]) await at.edge.ask(path);
      await at.edge.ask(`${own}?${keys}`, { method: 'PUT', body: 'x' });
      assert.deepEqual(await outcomesOf([...kept, `${own}?${keys}`]), ['hit', 'hit', 'other'], keys);
    }
  });

  it('what was hidden by a change whose own answer was lost goes with the next answer of the service', async () => {
    const kept = [at.newPath(), `/media/${'ef'.repeat(32)}`] as const;
    const [lost, any] = [at.newPath(), at.newPath()];
    at.origin.plays(kept[0], page('pages photo-9'));
    at.origin.plays(kept[1], page('images'));
    at.origin.plays(lost, { isCut: true });
    const hear = async (rights: string) => {
      at.origin.plays(any, { headers: { 'cache-control': 'private', 'surrogate-rights': rights } });
      const { headers } = await at.edge.ask(any);
      assert.equal(headers['surrogate-rights'], undefined, 'it is for the edge alone');
      return outcomesOf(kept);
    };
    await hear('12 3');
    for (const path of kept) await at.edge.ask(path);
    assert.equal((await at.edge.ask(lost, { method: 'DELETE' })).status, 503);
    assert.deepEqual(await hear('12 3'), ['hit', 'hit'], 'nothing was done');
    assert.deepEqual(await hear('14 3'), ['other', 'hit'], 'somebody is hidden');
    assert.deepEqual(await hear('13 2'), ['hit', 'hit'], 'a replica that has heard of less');
    assert.deepEqual(await hear('15 15'), ['other', 'other'], 'somebody is gone');
    for (const nothing of ['', '99999999999999999999 1', 'x y', '-1 -1'])
      assert.deepEqual(await hear(nothing), ['hit', 'hit'], nothing);
  });

  it('all that it keeps goes when it is emptied, and its memory with it', async () => {
    const path = at.newPath();
    at.origin.plays(path, page('pages photo-6'));
    await at.edge.ask(path);
    assert.equal((await at.edge.ask(path)).outcome, 'hit');
    await at.edge.server.empty();
    assert.equal((await at.edge.ask(path)).outcome, 'other');
    await at.edge.server.empty();
    await waitUntil(async () => (await at.edge.server.usage()).objects === 0);
  });

  it('what lacks a write that was acknowledged is told by who answered', async () => {
    const [path, write] = ['/photos/71', '/photos/71/like'];
    const versioned = (version: number) => ({
      headers: { ...fresh, 'darkroom-entry-version': String(version) },
    });
    const outdatedBy = async (ask: () => Promise<unknown>) => {
      const before = at.edge.outdated.length;
      await ask();
      await at.edge.settled();
      return at.edge.outdated.slice(before);
    };
    const acknowledge = async (said: Record<string, string>) => {
      at.origin.plays(write, { headers: said, body: '' });
      const { headers } = await at.edge.ask(write, { method: 'PUT', body: 'x' });
      assert.equal(headers['surrogate-version'], undefined, 'it is for the edge alone');
      // By its clock, which tells milliseconds, what is asked for now is asked for later.
      const writtenAtMs = Date.now();
      await waitUntil(() => Date.now() > writtenAtMs + 1);
    };
    at.origin.plays(path, versioned(1));
    assert.deepEqual(await outdatedBy(() => at.edge.ask(path)), []);
    await acknowledge({ 'surrogate-version': 'photo-71=2' });
    assert.deepEqual(await outdatedBy(() => at.edge.ask(path)), ['hit'], 'nobody has purged it');
    await acknowledge({ 'surrogate-version': 'photo-71=2', 'surrogate-purge': 'pages' });
    assert.deepEqual(await outdatedBy(() => at.edge.ask(path)), ['miss'], 'the service has not heard of it');
    assert.deepEqual(await outdatedBy(() => at.edge.ask(path)), ['hit'], 'and so it is kept');
    await at.edge.server.empty();
    at.origin.plays(path, versioned(2));
    assert.deepEqual(await outdatedBy(() => at.edge.ask(path)), []);
    await acknowledge({ 'surrogate-version': 'photo-71=gone' });
    const asked = { headers: { authorization: 'Bearer x' } };
    assert.deepEqual(await outdatedBy(() => at.edge.ask(path, asked)), ['pass']);
  });

  it('what was on its way while something was purged is answered, and not kept', async () => {
    const path = at.newPath();
    const answered = Promise.withResolvers<void>();
    at.origin.plays(path, { ...page('pages photo-3'), body: 'before', after: answered.promise });
    const first = at.edge.ask(path);
    await waitUntil(() => at.origin.seen(path).length === 1);
    await write('photo-3');
    at.origin.plays(path, { ...page('pages photo-3'), body: 'after' });
    answered.resolve();
    assert.equal((await first).body, 'before');
    assert.equal((await at.edge.ask(path)).body, 'after');
  });

  it('nobody who asks after a change of rights gets what was on its way before it', async () => {
    const path = at.newPath();
    const answered = Promise.withResolvers<void>();
    at.origin.plays(path, { ...page('pages photo-4'), body: 'shown', after: answered.promise });
    const before = at.edge.ask(path);
    await waitUntil(() => at.origin.seen(path).length === 1);
    await write('pages');
    at.origin.plays(path, { status: 404, headers: { 'cache-control': 'private, no-store' }, body: 'hidden' });
    const later = at.edge.ask(path);
    answered.resolve();
    assert.deepEqual([(await before).body, (await later).body], ['shown', 'hidden']);
  });
});

describe('requests for the same', { skip: at.skip }, () => {
  it('ask the origin once where the answer is for all of them', async () => {
    const path = at.newPath();
    const answered = Promise.withResolvers<void>();
    at.origin.plays(path, { headers: fresh, body: 'shared', after: answered.promise });
    await at.edge.settled();
    const before = at.edge.requests.length;
    const asked = Array.from({ length: 8 }, () => at.edge.ask(path));
    await waitUntil(() => at.origin.seen(path).length === 1);
    answered.resolve();
    for (const { body } of await Promise.all(asked)) assert.equal(body, 'shared');
    assert.equal(at.origin.seen(path).length, 1);
    await at.edge.settled();
    const outcomes = at.edge.requests.slice(before).map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === 'miss').length, 1, outcomes.join());
  });

  it('each ask for themselves where it is not', async () => {
    const path = at.newPath();
    let answers = 0;
    at.origin.plays(path, () => ({ headers: { 'cache-control': 'private' }, body: `own ${(answers += 1)}` }));
    const bodies = await Promise.all(Array.from({ length: 8 }, async () => (await at.edge.ask(path)).body));
    assert.equal(new Set(bodies).size, 8);
  });
});

describe('RFC 9110, section 14: ranges of what is kept', { skip: at.skip }, () => {
  const part = (path: string, range: string, more: Record<string, string> = {}) =>
    at.edge.ask(path, { headers: { range, ...more } });

  it('are parts of the whole', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: { ...fresh, etag: '"one"' }, body: '0123456789' });
    await at.edge.ask(path);
    for (const [range, body, said] of [
      ['bytes=0-1', '01', 'bytes 0-1/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
    ] as const) {
      const answer = await part(path, range);
      assert.deepEqual([answer.status, answer.body, answer.headers['content-range']], [206, body, said]);
    }
    assert.equal((await part(path, 'bytes=10-')).status, 416);
    assert.equal((await part(path, 'bytes=0-1', { 'if-range': '"one"' })).status, 206);
    assert.deepEqual((await part(path, 'bytes=0-1', { 'if-range': '"two"' })).body, '0123456789');
    assert.equal((await part(path, 'lines=0-1')).status, 200);
    assert.equal((await part(path, 'bytes=0-1')).headers.etag, '"one"', 'with what the whole says');
    assert.equal(at.origin.seen(path).length, 1);
  });
});

/** RFC 9111 allows all of this, or asks for it only where a cache does more than this one. */
describe('what this server does not do by itself', { skip: at.skip }, () => {
  it('heed what a request says of caches: no-cache, max-age, only-if-cached', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: fresh });
    await at.edge.ask(path);
    for (const said of ['no-cache', 'max-age=0', 'min-fresh=601', 'no-store'])
      assert.equal((await at.edge.ask(path, { headers: { 'cache-control': said } })).outcome, 'hit', said);
    const absent = await at.edge.ask(at.newPath(), { headers: { 'cache-control': 'only-if-cached' } });
    assert.equal(absent.status, 404, 'the origin was asked');
  });

  it('guess a lifetime', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: { 'last-modified': 'Thu, 01 Jan 2015 00:00:00 GMT' } });
    for (let times = 0; times < 2; times += 1) await at.edge.ask(path);
    assert.equal(at.origin.seen(path).length, 2);
  });

  it('keep what is to be validated each time, to ask for it by its tag', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: { 'cache-control': 'no-cache', etag: '"one"' } });
    await at.edge.ask(path);
    await at.edge.ask(path);
    assert.equal(at.origin.seen(path).at(-1)?.headers['if-none-match'], undefined);
  });

  it('join parts that were asked for one by one, or answer several at once', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: fresh, body: '0123456789' });
    await at.edge.ask(path);
    assert.equal((await at.edge.ask(path, { headers: { range: 'bytes=0-1,3-4' } })).status, 200);
  });

  it('say 504 where the origin cannot be reached: it says 503', async () => {
    const path = at.newPath();
    at.origin.plays(path, { isCut: true });
    const answer = await at.edge.ask(path);
    assert.equal(answer.status, 503);
    assert.match(String(answer.headers['content-type']), /problem\+json/);
  });
});
