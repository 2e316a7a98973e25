import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AskOptions } from '../support/edge-under-test.ts';
import type { Scripted } from './scripted-origin.ts';
import { findTestVarnish } from '../support/edge-under-test.ts';
import { fresh, startForFile } from './conformance-edge.ts';

const varnish = await findTestVarnish();
const at = startForFile(varnish);

/** Asks twice for the same, and says how often the origin was asked. */
async function askedFor(
  script: Scripted,
  first: AskOptions = {},
  second: AskOptions = first,
): Promise<number> {
  const path = at.newPath();
  at.origin.plays(path, script);
  await at.edge.ask(path, first);
  await at.edge.ask(path, second);
  return at.origin.seen(path).length;
}

describe('RFC 9111, section 3: what is stored', { skip: at.skip }, () => {
  it('keeps what has a lifetime', async () => {
    assert.equal(await askedFor({ headers: fresh }), 1);
    assert.equal(await askedFor({ headers: { 'cache-control': 'public, MAX-AGE=600' } }), 1);
    assert.equal(await askedFor({ headers: { 'cache-control': 'max-age=600, unknown=1, other' } }), 1);
    for (const status of [203, 301, 404, 410])
      assert.equal(await askedFor({ status, headers: fresh }), 1, String(status));
  });

  it('keeps what lives for seconds in the memory that is bounded, too', async () => {
    const body = 'x'.repeat(10_000);
    const { memoryBytes } = await at.edge.server.usage();
    for (let times = 0; times < 5; times += 1)
      await askedFor({ headers: { 'cache-control': 'max-age=5' }, body });
    assert.ok((await at.edge.server.usage()).memoryBytes - memoryBytes >= 5 * body.length);
  });

  it('3: does not keep what says no-store, in whatever letters and beside whatever else', async () => {
    for (const said of ['no-store', 'NO-STORE', 'max-age=600, no-store', 'public,no-store,max-age=600'])
      assert.equal(await askedFor({ headers: { 'cache-control': said } }), 2, said);
    assert.equal(await askedFor({ headers: { 'cache-control': ['max-age=600', 'no-store'] } }), 2);
  });

  it('3: does not keep what is private, nor a part of it', async () => {
    for (const said of ['private', 'private, max-age=600', 'max-age=600, private="x-name"'])
      assert.equal(await askedFor({ headers: { 'cache-control': said } }), 2, said);
  });

  it('3: does not keep the answer of an unsafe method, whatever lifetime it has', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      assert.equal(await askedFor({ headers: fresh }, { method, body: 'x' }), 2, method);
    assert.equal(await askedFor({ headers: fresh }, { method: 'POST', body: 'x' }, {}), 2);
  });

  it('3: does not keep a final status that it does not know, nor one without a lifetime', async () => {
    for (const status of [299, 500, 503]) assert.equal(await askedFor({ status, headers: fresh }), 2);
    assert.equal(await askedFor({}), 2);
    assert.equal(await askedFor({ headers: { 'last-modified': 'Thu, 01 Jan 2015 00:00:00 GMT' } }), 2);
  });

  it('3.1: neither keeps nor passes on what a connection says of itself', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: { ...fresh, connection: 'x-hop', 'x-hop': 'one', 'x-end': 'two' } });
    for (let times = 0; times < 2; times += 1) {
      const { headers } = await at.edge.ask(path, { headers: { connection: 'x-own', 'x-own': 'mine' } });
      assert.equal(headers['x-hop'], undefined);
      assert.equal(headers['x-end'], 'two');
    }
    assert.equal(at.origin.seen(path)[0]?.headers['x-own'], undefined);
  });

  it('3.1: does not keep what is said of one connection, or by a proxy to its client', async () => {
    const path = at.newPath();
    const ofOne = ['keep-alive', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'];
    const names = [...ofOne, 'proxy-connection', 'te', 'upgrade'];
    const said = Object.fromEntries(names.map((name) => [name, 'said-by-the-origin']));
    at.origin.plays(path, { headers: { ...fresh, ...said, 'x-end': 'kept' } });
    await at.edge.ask(path);
    const { headers, outcome } = await at.edge.ask(path);
    assert.deepEqual([outcome, headers['x-end']], ['hit', 'kept']);
    assert.deepEqual(
      names.filter((name) => headers[name] === 'said-by-the-origin'),
      [],
    );
  });

  it('3.1: keeps all that the answer says else, of whatever it is', async () => {
    const path = at.newPath();
    const said = {
      'content-type': 'text/x-test',
      'content-encoding': 'x-test',
      'content-language': 'de',
      'content-location': '/elsewhere',
      'content-security-policy': "default-src 'self'",
      'clear-site-data': '"cache"',
      'x-frame-options': 'deny',
      'x-unknown': 'one',
    };
    at.origin.plays(path, { headers: { ...fresh, ...said } });
    await at.edge.ask(path);
    const { headers, outcome } = await at.edge.ask(path);
    assert.equal(outcome, 'hit');
    for (const [name, value] of Object.entries(said)) assert.equal(headers[name], value, name);
  });

  it('3.3: does not give a part that was asked for as the whole', async () => {
    const path = at.newPath();
    at.origin.plays(path, ({ headers }) =>
      headers.range === undefined
        ? { headers: fresh, body: '0123456789' }
        : { status: 206, headers: { ...fresh, 'content-range': 'bytes 0-1/10' }, body: '01' },
    );
    assert.equal((await at.edge.ask(path, { headers: { range: 'bytes=0-1' } })).body, '01');
    assert.equal((await at.edge.ask(path)).body, '0123456789');
  });

  it('3.5: what was asked with Authorization is for nobody else, and nobody else’s is for who sends one', async () => {
    const asMe = { headers: { authorization: 'Bearer me' } };
    assert.equal(await askedFor({ headers: fresh }, asMe, {}), 2);
    assert.equal(await askedFor({ headers: fresh }, asMe), 2);
    assert.equal(await askedFor({ headers: fresh }, {}, asMe), 2);
    const withCookie = { headers: { cookie: 'a=b; __Host-darkroom=me' } };
    assert.equal(await askedFor({ headers: fresh }, withCookie, {}), 2);
    assert.equal(await askedFor({ headers: fresh }, {}, withCookie), 2);
  });

  it('does not keep what sets a cookie', async () => {
    assert.equal(await askedFor({ headers: { ...fresh, 'set-cookie': 'a=b' } }), 2);
  });
});

describe('RFC 9111, sections 2 and 4.1: under which key', { skip: at.skip }, () => {
  it('4.1: gives an answer only for the headers that it varies by', async () => {
    const path = at.newPath();
    at.origin.plays(path, ({ headers }) => ({
      headers: { ...fresh, vary: 'X-Language, X-Size' },
      body: [headers['x-language'], headers['x-size']].join(' '),
    }));
    const of = (language: string, size: string) => ({ headers: { 'x-language': language, 'x-size': size } });
    for (let times = 0; times < 2; times += 1) {
      assert.equal((await at.edge.ask(path, of('de', 'l'))).body, 'de l');
      assert.equal((await at.edge.ask(path, of('fr', 'l'))).body, 'fr l');
      assert.equal((await at.edge.ask(path, of('de', 's'))).body, 'de s');
    }
    assert.equal(at.origin.seen(path).length, 3);
    await at.edge.ask(path, { headers: { 'x-language': 'de' } });
    assert.equal(at.origin.seen(path).length, 4, 'one that is absent matches one that is absent only');
  });

  it('4.1: gives nobody an answer that varies by anything', async () => {
    for (const vary of ['*', 'accept, *', '*, *', ', *', ['accept', '*'], ['', '*'], ['*', '*']])
      assert.equal(await askedFor({ headers: { ...fresh, vary } }), 2, String(vary));
  });

  it('4: a HEAD is answered by what a GET has brought, and a GET by no HEAD without a body', async () => {
    assert.equal(await askedFor({ headers: fresh }, {}, { method: 'HEAD' }), 1);
    const path = at.newPath();
    at.origin.plays(path, { headers: fresh, body: 'whole' });
    assert.equal((await at.edge.ask(path, { method: 'HEAD' })).body, '');
    assert.equal((await at.edge.ask(path)).body, 'whole');
  });

  it('keeps for all who visit from wherever, and in whatever order they say what they want', async () => {
    const path = at.newPath();
    at.origin.plays(path, { headers: fresh });
    for (const query of ['a=1&b=2', 'b=2&a=1', 'utm_source=x&a=1&b=2', 'a=1&fbclid=x&b=2', 'b=2&a=1&gclid=1'])
      assert.equal((await at.edge.ask(`${path}?${query}`, { headers: { cookie: 'visitor=1' } })).status, 200);
    assert.deepEqual(
      at.origin.seen(path).map(({ url, headers }) => [url, headers.cookie]),
      [[`${path}?a=1&b=2`, undefined]],
    );
    await at.edge.ask(`${path}?a=1&b=3`);
    await at.edge.ask(path);
    assert.equal(at.origin.seen(path).length, 3, 'what they want matters');
  });

  it('keeps a picture for each photo that shares it, and else once, whatever is asked behind its name', async () => {
    const path = `/media/${'cd'.repeat(32)}/320`;
    at.origin.plays(path, { headers: fresh });
    for (const query of ['', '?photo=7', '?photo=8', '?photo=7', '?x=1', '?photo=7&x=2', '?utm_source=x'])
      assert.equal((await at.edge.ask(`${path}${query}`)).status, 200);
    assert.deepEqual(
      at.origin.seen(path).map(({ url }) => url),
      [path, `${path}?photo=7`, `${path}?photo=8`],
    );
  });

  it('keeps one picture for each format that the service knows, whatever a browser names beside it', async () => {
    const path = `/media/${'ab'.repeat(32)}/320`;
    at.origin.plays(path, ({ headers: { accept } }) => ({
      headers: { ...fresh, vary: 'Accept' },
      body: String(accept),
    }));
    const forAccept = async (accept: string | null) =>
      (await at.edge.ask(path, { headers: accept === null ? {} : { accept } })).body;
    for (const accept of ['image/webp', 'image/avif,image/webp,image/apng,*/*;q=0.8', 'IMAGE/WEBP,x/y'])
      assert.equal(await forAccept(accept), 'image/webp', accept);
    for (const accept of [null, '*/*', 'image/png', `image/webp,${'x'.repeat(1_000)}`])
      assert.equal(await forAccept(accept), 'undefined', String(accept));
    assert.equal(at.origin.seen(path).length, 2);
    assert.equal(await forAccept('image/webp;q=0.1, image/jpeg'), 'image/webp;q=0.1, image/jpeg');
    assert.equal(at.origin.seen(path).length, 3, 'who weighs is asked for apart');
    for (const who of [{ authorization: 'Bearer a' }, { cookie: '__Host-darkroom=b' }])
      await at.edge.ask(`${path}?v=1`, { headers: who });
    assert.equal(at.origin.seen(path).length, 3, 'a picture is the same for everybody');
  });
});
