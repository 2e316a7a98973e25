import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrowserStore } from './browser-store.ts';

test('an image is asked for once, and kept from then on', () => {
  const browser = createBrowserStore(100);
  assert.deepEqual(
    ['a', 'b', 'a', 'b'].map((name) => browser.show(name, 10)),
    [false, false, true, true],
  );
});

test('what was shown longest ago goes when there is no room', () => {
  const browser = createBrowserStore(30);
  for (const name of ['a', 'b', 'c']) browser.show(name, 10);
  assert.ok(browser.show('a', 10), 'it was shown again');
  browser.show('d', 10);
  assert.deepEqual(
    ['a', 'c', 'd'].map((name) => browser.show(name, 10)),
    [true, true, true],
  );
  assert.equal(browser.show('b', 10), false);
});

test('an image that is larger than all of it is not kept', () => {
  const browser = createBrowserStore(30);
  assert.equal(browser.show('large', 31), false);
  assert.equal(browser.show('large', 31), false);
});
