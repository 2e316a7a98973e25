import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrowserCache } from './browser-cache.ts';
import type { BrowserResponse, Headers } from './browser-cache.ts';

const immutable = { 'cache-control': 'public, max-age=31536000, immutable', etag: '"a"' };

/** A service that answers every request with these headers, and keeps what it was sent. */
function serviceWith(headers: Headers, bytes = 10) {
  const sent: { readonly url: string; readonly headers: Headers }[] = [];
  return {
    sent,
    send: async (url: string, own: Headers): Promise<BrowserResponse> => {
      sent.push({ url, headers: own });
      const isHeld = headers['etag'] !== undefined && own['if-none-match'] === headers['etag'];
      return { status: isHeld ? 304 : 200, headers, bytes: isHeld ? 0 : bytes };
    },
  };
}
const get = (url: string) => ({ url, headers: { authorization: 'Bearer x' } });

test('what never changes is asked for once, by who is logged in as well', async () => {
  const { send, sent } = serviceWith(immutable);
  const cache = createBrowserCache(1_000);
  const answers = [await cache.get(get('/a'), send), await cache.get(get('/a'), send)];
  assert.deepEqual(
    answers.map(({ from, bytes }) => [from, bytes]),
    [
      ['service', 10],
      ['browser', 10],
    ],
  );
  assert.equal(sent.length, 1);
});

test('a reload asks whether what is there still holds: 304, and no body', async () => {
  const { send, sent } = serviceWith(immutable);
  const cache = createBrowserCache(1_000);
  await cache.get(get('/a'), send);
  const answer = await cache.get({ ...get('/a'), isReload: true }, send);
  assert.deepEqual(answer, { from: 'revalidated', status: 200, bytes: 10 });
  assert.equal(sent[1]?.headers['if-none-match'], '"a"');
  assert.equal((await cache.get(get('/a'), send)).from, 'browser');
});

test('what is private may be kept by a browser, what is no-store by nobody', async () => {
  for (const [control, from] of [
    ['private, max-age=60', 'browser'],
    ['private, no-store', 'service'],
    ['no-cache', 'service'],
  ] as const) {
    const { send } = serviceWith({ 'cache-control': control });
    const cache = createBrowserCache(1_000);
    await cache.get(get('/a'), send);
    assert.equal((await cache.get(get('/a'), send)).from, from, control);
  }
});

test('it is bounded, and lets go of what was used longest ago', async () => {
  const { send } = serviceWith(immutable);
  const cache = createBrowserCache(25);
  for (const url of ['/a', '/b', '/a', '/c']) await cache.get(get(url), send);
  assert.deepEqual(cache.usage(), { entries: 2, bytes: 20 });
  assert.equal((await cache.get(get('/a'), send)).from, 'browser');
  assert.equal((await cache.get(get('/b'), send)).from, 'service');
});
